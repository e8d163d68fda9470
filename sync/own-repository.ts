import { Stop } from "./stop.ts";

/**
 * The one gate in front of every write, by git or by REST: only the fork that runs this workflow is ever written to.
 * Other tools' pull requests, issues and pushes have landed in the upstream project.
 *
 * @param named `owner/name` that the write is about to go to.
 */
export function refuseOtherRepository(own: string, named: string): void {
  // GitHub compares names without regard to case.
  if (named.toLowerCase() === own.toLowerCase()) return;
  throw new Stop({
    what: "a write to another repository was refused",
    got: named === "" ? "no repository named" : named,
    remedy: `Only ${own} may be written to; this is a fault of the program, please report it`,
  });
}
