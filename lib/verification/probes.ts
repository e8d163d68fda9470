/**
 * What GitHub's documents leave open (docs/limits.md), asked of GitHub itself: each by something done on branches of the verification, and,
 * where an absence is the answer, beside something that has to be seen.
 */
import { setTimeout } from "node:timers/promises";
import { type Octokit, RequestError } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { type VerifyNames, verifyTitle } from "../verify-names.ts";
import { type Clone, emptyCommit, type PushAnswer, push, type Story, tryPush } from "./git-story.ts";
import type { Probe } from "./report.ts";
import { makeRulesets, type RulesetCopy } from "./rules.ts";
import { rulesetPrefix } from "./throwaway.ts";

export interface Probing {
  readonly octokit: Octokit;
  readonly fork: ForkConfig;
  readonly clone: Clone;
  readonly names: VerifyNames;
  readonly story: Story;
}

export interface Pushed {
  /** To a ref of ours alone. */
  readonly hidden: string;
  /** To a branch, where it has to start a run. */
  readonly seen: string;
}

/** What needs time to be seen is done first. */
export async function* beginProbes(probing: Probing): AsyncGenerator<ProgressEvent, Pushed> {
  const { clone, fork, names, story } = probing;
  yield { fork: fork.repository, text: "probe U1: pushing one commit to a ref of ours, another to a branch" };
  const pushed = {
    hidden: await emptyCommit(clone, story.start, "chore: upstream-sync verify, on a ref"),
    seen: await emptyCommit(clone, story.start, "chore: upstream-sync verify, on a branch"),
  };
  await push(clone, { [`refs/${names.refs}probe`]: pushed.hidden, [branchOf(names, "probe")]: pushed.seen });
  return pushed;
}

/** After the runs. @param tip of the sync branch, which the workflow has moved and given a status. */
export async function* answerProbes(
  probing: Probing,
  pushed: Pushed,
  tip: string,
): AsyncGenerator<ProgressEvent, Probe[]> {
  const { octokit, fork, names } = probing;
  const say = (text: string): ProgressEvent => ({ fork: fork.repository, text });
  yield say("probes U1 and U3: reading what GitHub has started");
  const runs = await startedRuns(octokit, fork, {
    hidden: { head_sha: pushed.hidden },
    seen: { head_sha: pushed.seen },
  });
  const pulls = await startedRuns(octokit, fork, { pulls: { event: "pull_request", branch: names.sync } });
  const answers = [answerRefs(runs.hidden ?? [], runs.seen ?? []), answerClicks(pulls.pulls ?? [], tip)];
  yield say("probe U2: pushing to a branch that asks for a status of GitHub Actions");
  answers.splice(1, 0, await probeStatus(probing, tip));
  yield say("probe U5: reading the setting");
  answers.push(answerSecrets(await pushProtection(octokit, fork)));
  yield say("probe U6: merging a pull request into a branch that takes signed commits only");
  answers.push(await probeSignatures(probing), wakingSchedules);
  return answers;
}

function branchOf({ sync }: VerifyNames, name: string): string {
  return sync.replace(/sync$/, name);
}

interface StartedRun {
  readonly head_sha: string;
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly html_url: string;
}

async function startedRuns<Name extends string>(
  octokit: Octokit,
  fork: ForkConfig,
  which: Readonly<Record<Name, { head_sha?: string; event?: string; branch?: string }>>,
): Promise<Partial<Record<Name, readonly StartedRun[]>>> {
  const found: Partial<Record<Name, readonly StartedRun[]>> = {};
  for (const name of Object.keys(which) as Name[]) {
    const { data } = await octokit.rest.actions
      .listWorkflowRunsForRepo({ owner: fork.owner, repo: fork.name, per_page: 30, ...which[name] })
      .catch((error) => explain(error, `list the runs of ${fork.repository}`));
    found[name] = data.workflow_runs;
  }
  return found;
}

/** Pure. */
export function answerRefs(hidden: readonly StartedRun[], seen: readonly StartedRun[]): Probe {
  return {
    id: "U1",
    question: "a push to refs/upstream-sync/* starts no workflow run",
    done: "the same workflow pushed to such a ref and to a branch",
    seen: `${hidden.length} runs for the ref, ${seen.length} for the branch`,
    answer: hidden.length > 0 ? "no" : seen.length > 0 ? "yes" : "cannot tell",
  };
}

/** Pure. */
export function answerClicks(runs: readonly StartedRun[], tip: string): Probe {
  const now = runs.filter(({ head_sha }) => head_sha === tip);
  const waiting = now.filter(({ status, conclusion }) => [status, conclusion].includes("action_required"));
  return {
    id: "U3",
    question: "later pushes by the workflow's key start pull_request runs without a click",
    done: "a workflow on pull_request, and three pushes of the sync branch by the workflow",
    seen: `${runs.length} runs for the pull request, ${now.length} of them for its newest commit, ${waiting.length} waiting for approval`,
    answer: waiting.length > 0 ? "no" : now.length > 0 ? "yes" : "cannot tell",
  };
}

async function probeStatus({ octokit, fork, clone, names, story }: Probing, tip: string): Promise<Probe> {
  const branch = branchOf(names, "probe-checks");
  const check = { context: "upstream-sync/tests", integration_id: actionsApp };
  const parameters = { required_status_checks: [check], strict_required_status_checks_policy: false };
  await push(clone, { [branch]: story.start });
  await makeRulesets(octokit, fork, [rulesetOn(names, branch, { type: "required_status_checks", parameters })]);
  const without = await emptyCommit(clone, story.start, "chore: upstream-sync verify, without a status [skip ci]");
  const control = await tryPush(clone, `${without}:refs/heads/${branch}`);
  const answer = control.kind === "refused" ? await tryPush(clone, `${tip}:refs/heads/${branch}`) : control;
  return answerStatus(control, answer, fork.credentials === "github-app");
}

/** https://api.github.com/apps/github-actions */
const actionsApp = 15368;

/** Pure. @param byApp the status is not the job token's. */
export function answerStatus(control: PushAnswer, pushed: PushAnswer, byApp: boolean): Probe {
  const kinds = { accepted: "was accepted", refused: "was refused", failed: "failed" };
  const told = control.kind === "refused" && pushed.kind !== "failed" && !byApp;
  return {
    id: "U2",
    question: "a status by the workflow's own token satisfies a required check that is bound to GitHub Actions",
    done: "a commit without the status, and the tested one, pushed to a branch with such a check",
    seen: `without the status it ${kinds[control.kind]}, with it ${control.kind === "refused" ? kinds[pushed.kind] : "was not pushed"}`,
    answer: !told ? "cannot tell" : pushed.kind === "accepted" ? "yes" : "no",
  };
}

function rulesetOn(names: VerifyNames, branch: string, rule: RulesetCopy["rules"][number]): RulesetCopy {
  return {
    name: `${rulesetPrefix}${names.id}: ${rule.type}`,
    target: "branch",
    enforcement: "active",
    conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
    bypass_actors: [],
    rules: [rule],
  };
}

async function pushProtection(octokit: Octokit, fork: ForkConfig): Promise<string | undefined> {
  const { data } = await octokit.rest.repos
    .get({ owner: fork.owner, repo: fork.name })
    .catch((error) => explain(error, `read ${fork.repository}`));
  return data.security_and_analysis?.secret_scanning_push_protection?.status;
}

/** Pure. A made-up secret would be an alarm for whoever looks after the fork, so none is pushed. */
export function answerSecrets(status: string | undefined): Probe {
  return {
    id: "U5",
    question: "push protection looks for secrets in upstream's commits",
    done: "the fork's setting read; no made-up secret is pushed, since that raises an alarm",
    seen: status === undefined ? "GitHub does not tell the setting" : `push protection is ${status}`,
    answer: status === "disabled" ? "no" : "cannot tell",
  };
}

async function probeSignatures({ octokit, fork, clone, names, story }: Probing): Promise<Probe> {
  const branch = branchOf(names, "probe-signed");
  const place = { owner: fork.owner, repo: fork.name };
  await push(clone, { [branch]: story.start });
  await makeRulesets(octokit, fork, [rulesetOn(names, branch, { type: "required_signatures" })]);
  const { data: pull } = await octokit.rest.pulls
    .create({ ...place, title: verifyTitle, head: names.upstream, base: branch, draft: false })
    .catch((error) => explain(error, `open a pull request in ${fork.repository}`));
  for (let look = 0; look < 5; look++) {
    const { data } = await octokit.rest.pulls
      .get({ ...place, pull_number: pull.number })
      .catch((error) => explain(error, `read #${pull.number} of ${fork.repository}`));
    // GitHub works it out after the first time it is asked.
    if (data.mergeable !== null) break;
    await setTimeout(2000);
  }
  try {
    await octokit.rest.pulls.merge({ ...place, pull_number: pull.number, merge_method: "merge" });
    return answerSignatures(undefined);
  } catch (error) {
    if (error instanceof RequestError && error.status === 405) return answerSignatures(error.message);
    return explain(error, `merge #${pull.number} of ${fork.repository}`);
  }
}

/** Pure. @param refusal GitHub's words. */
export function answerSignatures(refusal: string | undefined): Probe {
  const bySignature = refusal === undefined || /signature|signed/i.test(refusal);
  return {
    id: "U6",
    question: "a pull request with unsigned commits of upstream can be merged where signed commits are required",
    done: "such a pull request merged by the API, with a merge commit",
    seen: refusal === undefined ? "it was merged" : `refused: ${refusal}`,
    answer: refusal === undefined ? "yes" : bySignature ? "no" : "cannot tell",
  };
}

const wakingSchedules: Probe = {
  id: "U8",
  question: "switching Actions on by the API wakes a fresh fork's schedules",
  done: "nothing: it takes a fork whose Actions were never on",
  seen: "nothing",
  answer: "cannot tell",
};
