/** Starts a run of the fork's workflow and follows it to its end. */
import type { ForkConfig } from "../config/schema.ts";
import { followRun, type SyncResult } from "../fork/follow-run.ts";
import { connect } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Context } from "./context.ts";

export interface SyncOptions {
  readonly fork: ForkConfig;
  /** Inputs of the workflow's dispatch, by their names there. */
  readonly inputs: Readonly<Record<string, string>>;
}

export async function* sync(context: Context, options: SyncOptions): AsyncGenerator<ProgressEvent, SyncResult> {
  return yield* followRun(connect(context.env), options.fork, options.inputs);
}
