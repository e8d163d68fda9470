/** What the two programs made of these files have in common: one verb a process, problems in words, an exit code. */
import { type Environment, SettingsError } from "./environment.ts";

export type Verbs = Readonly<Record<string, (environment: Environment) => Promise<number>>>;

/** @param tell says what is missing in the environment. @returns exit code: 2 for a wrong verb or environment. */
export async function runVerb(verbs: Verbs, verb: string | undefined, tell: (message: string) => void) {
  const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) {
    process.stderr.write(
      `upstream-sync: unknown verb ${JSON.stringify(verb ?? "")}, expected one of ${Object.keys(verbs).join(", ")}\n`,
    );
    return 2;
  }
  try {
    return await run(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    tell(error.message);
    return 2;
  }
}
