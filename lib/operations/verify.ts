/**
 * Proves a set-up on the live fork: the deployed workflow, started by hand, on branches of its own. What it makes is taken away again,
 * whatever happens; why it can be done without a door for anybody: docs/decisions/0020-verify.md.
 */
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Octokit } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { Failure } from "../failure.ts";
import { readTextFile } from "../fork/text-file.ts";
import { connectCounting, explain, webUrl } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { renderFiles, workflowPath } from "../render/files.ts";
import { readProgram } from "../render/template-source.ts";
import { type Clone, openClone } from "../verification/git-story.ts";
import { type ProofOptions, prove, type Told } from "../verification/prove.ts";
import { isProved, type Verification, verificationReport } from "../verification/report.ts";
import { findThrowaway, isEmpty, removeThrowaway, type Throwaway, throwawayWords } from "../verification/throwaway.ts";
import { type VerifyNames, verifyNames, verifyTitle } from "../verify-names.ts";
import type { Context } from "./context.ts";

/** What will be done, before anything is: for the question. */
export interface VerifyPlan {
  readonly fork: ForkConfig;
  readonly names: VerifyNames;
  readonly makes: readonly string[];
  readonly starts: readonly string[];
  /** What an earlier one has left, and this one takes away first. */
  readonly leftOver: readonly string[];
}

export interface VerifyResult extends Verification {
  readonly ok: boolean;
  /** Paths below the project folder: Markdown, JSON. */
  readonly reports: readonly string[];
}

/** Reads only. @throws Failure when the deployed workflow is not the one of the config, or the token may not do it. */
export async function* planVerify(
  context: Context,
  { fork, probe }: ProofOptions,
): AsyncGenerator<ProgressEvent, VerifyPlan> {
  const { octokit } = connectCounting(context.env);
  yield { fork: fork.repository, text: "reading" };
  await requireSetUp(octokit, fork);
  const names = verifyNames(newId());
  return {
    fork,
    names,
    makes: [
      `branches below ${names.below}, on ${fork.branches.target} as it is now, with the folder upstream-sync-verify/`,
      `refs below refs/${names.refs}`,
      `a copy of each ruleset that holds for ${fork.branches.sync}, for ${names.sync} alone`,
      `two pull requests and an issue with the title "${verifyTitle}", between these branches; nobody is asked for a review or assigned`,
      ...(probe
        ? ["a workflow on these branches that prints one word, and two rulesets on branches of their own"]
        : []),
    ],
    starts: [
      `four runs of the deployed workflow, three with the test plan (at most ${fork.tests.timeoutMinutes} minutes each)`,
      "workflows of the fork that start on a push to any branch, for the commits that the runs make",
      ...("checks" in fork.tests
        ? [`the fork's own CI, which has to run for pushes to ${names.sync}-candidate too`]
        : []),
    ],
    leftOver: throwawayWords(await findThrowaway(octokit, fork)),
  };
}

/** Letters and digits that no two verifications share. */
function newId(): string {
  return Array.from({ length: 10 }, () => randomInt(36).toString(36)).join("");
}

async function requireSetUp(octokit: Octokit, fork: ForkConfig): Promise<void> {
  const place = { owner: fork.owner, repo: fork.name };
  const { data } = await octokit.rest.repos.get(place).catch((error) => explain(error, `read ${fork.repository}`));
  if (!data.permissions?.admin) {
    throw new Failure(
      `${fork.repository} cannot be verified with this token: it has no administration rights, which a copy of the rules takes`,
      "export GITHUB_TOKEN of an administrator of the fork",
    );
  }
  const text = await readTextFile(octokit, place, workflowPath);
  if (text === renderFiles(fork, readProgram()).workflow.content) return;
  throw new Failure(
    `${fork.repository} has ${text === undefined ? "no workflow" : "another workflow than this config gives"}: got ${text === undefined ? "nothing" : "a different text"} at ${workflowPath} on its default branch`,
    "bring it with upstream-sync apply, then verify",
  );
}

/** Only what earlier ones have left. @returns what is left still. */
export async function* cleanUp(
  context: Context,
  { fork }: Pick<ProofOptions, "fork">,
): AsyncGenerator<ProgressEvent, { readonly removed: readonly string[]; readonly left: readonly string[] }> {
  const { octokit } = connectCounting(context.env);
  const found = await findThrowaway(octokit, fork);
  if (isEmpty(found)) return { removed: [], left: [] };
  const clone = await openClone(context.env, fork);
  try {
    const left = throwawayWords(yield* removeThrowaway(octokit, fork, clone, found));
    return { removed: throwawayWords(found).filter((one) => !left.includes(one)), left };
  } finally {
    clone.remove();
  }
}

/** Never throws for what the fork does wrong: that is what the report is for. */
export async function* verify(
  context: Context,
  { names }: Pick<VerifyPlan, "names">,
  options: ProofOptions,
): AsyncGenerator<ProgressEvent, VerifyResult> {
  const { fork } = options;
  const { octokit, requests } = connectCounting(context.env);
  const begun = new Date().toISOString();
  const told: Told = { criteria: [], probes: [], runs: [] };
  let failure: unknown;
  let left: Throwaway | undefined;
  const clone = await openClone(context.env, fork);
  try {
    yield* removeLeftOver(octokit, fork, clone);
    yield* prove({ octokit, clone, names, told, ...options });
  } catch (error) {
    failure = options.signal?.aborted ? new Failure("it was interrupted", "run it again") : error;
  }
  try {
    yield { fork: fork.repository, text: "taking away what was made" };
    left = yield* removeThrowaway(octokit, fork, clone, await findThrowaway(octokit, fork));
  } catch (error) {
    failure ??= error;
  } finally {
    clone.remove();
  }
  const verification: Verification = {
    ...{ repository: fork.repository, id: names.id, server: webUrl(context.env), begun },
    ...{ ended: new Date().toISOString(), ...told, requests: requests(), failure: wordsOf(failure) },
    left: left === undefined ? ["what it made may be there still: it could not be looked at"] : throwawayWords(left),
  };
  const result = { ...verification, ok: isProved(verification) };
  return { ...result, reports: writeReports(context.projectFolder, result) };
}

function wordsOf(failure: unknown): string | undefined {
  if (failure === undefined) return undefined;
  if (failure instanceof Failure) return `${failure.message} (${failure.remedy})`;
  return failure instanceof Error ? failure.message : String(failure);
}

async function* removeLeftOver(octokit: Octokit, fork: ForkConfig, clone: Clone): AsyncGenerator<ProgressEvent, void> {
  const found = await findThrowaway(octokit, fork);
  if (isEmpty(found)) return;
  const left = yield* removeThrowaway(octokit, fork, clone, found);
  if (isEmpty(left)) return;
  throw new Failure(
    `what an earlier verification left could not be taken away: ${throwawayWords(left).join(", ")}`,
    "remove it by hand, then verify again",
  );
}

function writeReports(projectFolder: string, result: Omit<VerifyResult, "reports">): string[] {
  const stamp = `${result.begun.slice(0, 19).replaceAll(":", "")}Z`;
  const name = `verify-${stamp}-${result.repository.replace("/", "--")}`;
  mkdirSync(join(projectFolder, "reports"), { recursive: true });
  const texts = { md: verificationReport(result), json: `${JSON.stringify(result, null, 2)}\n` };
  return Object.entries(texts).map(([ending, text]) => {
    const path = join("reports", `${name}.${ending}`);
    writeFileSync(join(projectFolder, path), text);
    return path;
  });
}
