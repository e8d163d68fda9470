/** A step's checks: the first that does not hold ends the step, in words. */
import { isDeepStrictEqual } from "node:util";

export class CheckFailed extends Error {}

export function check(holds: boolean, expected: string, got?: unknown): void {
  if (!holds) throw new CheckFailed(`expected ${expected}${got === undefined ? "" : `; got ${JSON.stringify(got)}`}`);
}

export function checkEqual(got: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(got, expected)) {
    throw new CheckFailed(`${what}: expected ${JSON.stringify(expected)}; got ${JSON.stringify(got)}`);
  }
}
