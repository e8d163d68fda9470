/**
 * Carries out a plan that was shown: exactly its bytes, whether it builds a set-up or takes one away. Afterwards an apply is proved by a
 * plan that finds nothing to change, and a destroy is written down in a report.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Failure } from "../failure.ts";
import type { PlanResult } from "../plan-result.ts";
import type { ProgressEvent } from "../progress.ts";
import type { Removal } from "../removal.ts";
import { rollbackReport } from "../rollback-report.ts";
import { leftToChange, type Progress, type Said, apply as terraformApply } from "../terraform/run.ts";
import { type Context, selectForks } from "./context.ts";

export interface ApplyResult {
  readonly repository: string;
  readonly done: readonly Progress[];
  /** Beyond Terraform's resources: of a destroy, and of files that are no longer ours. */
  readonly removal: Removal;
  /** Of an apply: how long the plan took that found nothing left to change. */
  readonly proof: { readonly changes: 0; readonly seconds: number } | undefined;
  /** Of a destroy: path of its report, from the project's folder. */
  readonly report: string | undefined;
}

/** @param sleep between two looks, for tests. */
export async function* apply(
  context: Context,
  planned: PlanResult,
  sleep: (milliseconds: number) => Promise<unknown> = setTimeout,
): AsyncGenerator<ProgressEvent, ApplyResult> {
  if (planned.destroy) return yield* takeAway(context, planned);
  const { done, removal } = yield* carryOut(planned);
  const proof = yield* prove(planned, sleep);
  return { repository: planned.repository, done, removal, proof, report: undefined };
}

type CarriedOut = Pick<ApplyResult, "done" | "removal">;

/** @param result filled as it goes, for whoever has to tell of a part that was done. */
async function* carryOut(
  planned: PlanResult,
  result: { done: Progress[]; removal: Removal } = { done: [], removal: nothing },
): AsyncGenerator<ProgressEvent, CarriedOut> {
  for await (const event of terraformApply(planned.workspace, planned.saved)) {
    if ("said" in event) {
      const report = reportIn(event);
      if (report) result.removal = joined(result.removal, report);
      else yield { fork: planned.repository, text: event.said };
    } else {
      result.done.push(event);
      yield { fork: planned.repository, text: `${event.address}: ${event.action} done` };
    }
  }
  return result;
}

/** GitHub does not always read back at once what was written. */
const secondLookSeconds = 3;

/** @throws Failure when a plan right after the apply still finds something to change. */
async function* prove(
  { repository, workspace }: PlanResult,
  sleep: (milliseconds: number) => Promise<unknown>,
): AsyncGenerator<ProgressEvent, ApplyResult["proof"]> {
  const started = performance.now();
  yield { fork: repository, text: "proving that nothing is left to change" };
  let changes = await leftToChange(workspace);
  if (changes.length > 0) {
    await sleep(secondLookSeconds * 1000);
    changes = await leftToChange(workspace);
  }
  if (changes.length > 0) {
    const what = changes.map(({ action, address }) => `${action} ${address}`).join(", ");
    throw new Failure(
      `the plan was applied to ${repository}, and a plan right after it still finds something to change: ${what}`,
      `somebody else may be changing the same things; look with: upstream-sync plan ${repository}`,
    );
  }
  return { changes: 0, seconds: Math.round((performance.now() - started) / 100) / 10 };
}

async function* takeAway(context: Context, planned: PlanResult): AsyncGenerator<ProgressEvent, ApplyResult> {
  const { repository, preview } = planned;
  const [fork] = selectForks(context.config, [repository]);
  if (!fork || !preview) throw new Error(`no plan of a destroy of ${repository}`);
  // Only here: an apply does without it.
  const [{ connect }, { readRefs }] = await Promise.all([import("../github.ts"), import("../fork/refs.ts")]);
  const octokit = connect(context.env);
  const begun = new Date().toISOString();
  const refsBefore = await readRefs(octokit, fork);
  const result = { done: [] as Progress[], removal: nothing };
  let failure: unknown;
  try {
    yield* carryOut(planned, result);
  } catch (error) {
    failure = error;
  }
  // Also of a part: what was removed and kept by then is told nowhere else.
  const refsAfter = await readRefs(octokit, fork).catch(() => new Map<string, string>());
  const words = failure === undefined ? undefined : failure instanceof Error ? failure.message : String(failure);
  const ended = new Date().toISOString();
  const { removal } = result;
  const text = rollbackReport({ repository, begun, ended, preview, removal, refsBefore, refsAfter, failure: words });
  const report = writeReport(context.projectFolder, repository, ended, text);
  yield { fork: repository, text: `report: ${report}` };
  if (failure !== undefined) throw failure;
  return { repository, ...result, proof: undefined, report };
}

function writeReport(projectFolder: string, repository: string, at: string, text: string): string {
  const name = `rollback-${repository.replace("/", "--")}-${at.slice(0, 19).replaceAll(":", "")}Z.md`;
  mkdirSync(join(projectFolder, "reports"), { recursive: true });
  writeFileSync(join(projectFolder, "reports", name), text);
  return join("reports", name);
}

const nothing: Removal = { removed: [], closed: [], restored: [], kept: [] };

function reportIn({ said }: Said): Partial<Removal> | undefined {
  if (!said.startsWith('{"upstream-sync":')) return undefined;
  return (JSON.parse(said) as { "upstream-sync": Partial<Removal> })["upstream-sync"];
}

function joined(one: Removal, other: Partial<Removal>): Removal {
  return {
    removed: [...one.removed, ...(other.removed ?? [])],
    closed: [...one.closed, ...(other.closed ?? [])],
    restored: [...one.restored, ...(other.restored ?? [])],
    kept: [...one.kept, ...(other.kept ?? [])],
  };
}
