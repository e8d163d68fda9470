/** Checks that many scenarios make. */
import { check, checkEqual } from "../../demo/check.ts";
import type { Outcome } from "../../sync/record.ts";
import { isWrite } from "./requests.ts";
import type { Run } from "./world.ts";

type Words = string | RegExp;

export function expectGreen(run: Run, outcome: "promoted" | "up-to-date", reason: Words): void {
  expectOutcome(run, true, outcome, reason);
}

export function expectRed(run: Run, outcome: "conflict" | "tests-failed" | "stopped", reason: Words): void {
  expectOutcome(run, false, outcome, reason);
}

function expectOutcome({ green, record }: Run, isGreen: boolean, outcome: Outcome, reason: Words): void {
  checkEqual([green, record.outcome], [isGreen, outcome], `green, and outcome (the run says: ${record.reason})`);
  if (typeof reason === "string") checkEqual(record.reason, reason, "what the run says");
  else check(reason.test(record.reason), `the run to say ${reason}`, record.reason);
}

/** What a run cost. */
export function expectRequests(run: Run, wanted: { fetches?: number; pushes?: number; writes?: number }): void {
  const count = (fits: (entry: Run["requests"][number]) => boolean) => run.requests.filter(fits).length;
  const got = {
    fetches: count(({ git }) => git?.operation === "fetch"),
    pushes: count(({ git }) => git?.operation === "push"),
    writes: count((entry) => entry.git === null && isWrite(entry) && !entry.path.endsWith("/dispatches")),
  };
  for (const [what, number] of Object.entries(wanted))
    checkEqual(got[what as keyof typeof got], number, `${what} of the run`);
}

/** A text names all of these. */
export function expectText(text: string, parts: readonly Words[], what: string): void {
  for (const part of parts) {
    const found = typeof part === "string" ? text.includes(part) : part.test(text);
    check(found, `${what} to say ${part}`, text);
  }
}
