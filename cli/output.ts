/** How things look: progress on stderr, results on stdout, failures with their remedy. */
import pc from "picocolors";
import { Failure, InputFailure } from "../lib/failure.ts";
import type { ProgressEvent } from "../lib/progress.ts";
import type { Results } from "./results.ts";
import { guarded, legibleJson, visible } from "./visible.ts";

export const exitCodes = { done: 0, failed: 1, wrongInput: 2, checksNotOk: 3, changes: 4 } as const;

/** Runs an operation, showing its progress, and gives its result. Progress never reaches stdout, so `--json` stays clean. */
export async function follow<Result>(operation: AsyncGenerator<ProgressEvent, Result>): Promise<Result> {
  let step = await operation.next();
  for (; !step.done; step = await operation.next()) {
    const { fork, text } = step.value;
    process.stderr.write(`${pc.dim(fork ? `${fork}: ` : "")}${visible(text)}\n`);
  }
  return step.value;
}

export function print(text: string): void {
  process.stdout.write(`${guarded(text)}\n`);
}

/** What a person is asked about: on stderr where stdout is for JSON. */
export function announce(text: string, options: { readonly json?: boolean }): void {
  if (options.json) process.stderr.write(`${guarded(text)}\n`);
  else print(text);
}

/** @param verb as it is typed, for the shape of what it prints. */
export function printJson<Verb extends keyof Results>(_verb: Verb, value: Results[Verb]): void {
  process.stdout.write(`${legibleJson(value)}\n`);
}

/** One message for a person; gives the exit code. What GitHub, git or Terraform said, and where we broke, only with `--verbose`. */
export function reportFailure(error: unknown, verbose: boolean): number {
  if (!(error instanceof Failure)) {
    const [message, stack] = error instanceof Error ? [error.message, error.stack] : [String(error), undefined];
    process.stderr.write(`${pc.red("unexpected error")}: ${guarded(message)}\n`);
    process.stderr.write(
      `${pc.bold("fix")}: this should not happen: run again with --verbose, and report what it shows\n`,
    );
    if (verbose && stack) process.stderr.write(`\n${guarded(stack)}\n`);
    return exitCodes.failed;
  }
  process.stderr.write(`${pc.red("error")}: ${guarded(error.message)}\n${pc.bold("fix")}: ${guarded(error.remedy)}\n`);
  if (verbose && error.original) process.stderr.write(`\n${guarded(error.original)}\n`);
  return error instanceof InputFailure ? exitCodes.wrongInput : exitCodes.failed;
}
