/** What verifications have on a fork: found by its names, whoever left it, and taken away. */
import { setTimeout } from "node:timers/promises";
import { type Octokit, RequestError } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { workflowFile } from "../fork/runs.ts";
import { explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { isVerification, verifyBranches, verifyTitle } from "../verify-names.ts";
import { type Clone, deleteRefs } from "./git-story.ts";

export interface Throwaway {
  /** Full names. */
  readonly refs: readonly string[];
  readonly rulesets: readonly { readonly id: number; readonly name: string }[];
  /** Open ones. */
  readonly pulls: readonly Text[];
  readonly issues: readonly Text[];
  /** Runs that have not ended. */
  readonly runs: readonly number[];
}

interface Text {
  readonly number: number;
  readonly body: string;
}

export const rulesetPrefix = "upstream-sync verify ";

/** In six requests. @throws Failure in GitHub's words. */
export async function findThrowaway(octokit: Octokit, fork: ForkConfig): Promise<Throwaway> {
  const place = { owner: fork.owner, repo: fork.name };
  const doing = (what: string) => (error: unknown) => explain(error, `list the ${what} of ${fork.repository}`);
  const refsBelow = async (ref: string) =>
    (
      await octokit.paginate(octokit.rest.git.listMatchingRefs, { ...place, ref, per_page: 100 }).catch(doing("refs"))
    ).map(({ ref: name }) => name);
  const [branches, records, rulesets, pulls, issues, runs] = await Promise.all([
    refsBelow(`heads/${verifyBranches}`),
    refsBelow("upstream-sync/verify-"),
    octokit
      .paginate(octokit.rest.repos.getRepoRulesets, { ...place, includes_parents: false, per_page: 100 })
      .catch(doing("rulesets")),
    octokit.rest.pulls
      .list({ ...place, state: "open", sort: "created", direction: "desc", per_page: 100 })
      .then(({ data }) => data, doing("pull requests")),
    openIssues(octokit, fork),
    dispatchedRuns(octokit, fork),
  ]);
  return {
    refs: [...branches, ...records],
    rulesets: rulesets.filter(({ name }) => name.startsWith(rulesetPrefix)).map(({ id, name }) => ({ id, name })),
    pulls: pulls
      .filter(({ base, head }) => [base.ref, head.ref].some((ref) => ref.startsWith(verifyBranches)))
      .map(({ number, body }) => ({ number, body: body ?? "" })),
    issues,
    runs: runs.filter((run) => run.status !== "completed" && isVerification(run)).map(({ id }) => id),
  };
}

/** After a destroy there is no workflow any more. */
async function dispatchedRuns(octokit: Octokit, fork: ForkConfig) {
  try {
    const { data } = await octokit.rest.actions.listWorkflowRuns({
      ...{ owner: fork.owner, repo: fork.name, workflow_id: workflowFile, event: "workflow_dispatch", per_page: 30 },
    });
    return data.workflow_runs;
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return [];
    return explain(error, `list the runs of ${workflowFile} in ${fork.repository}`);
  }
}

/** A fork may have its issues switched off. */
async function openIssues(octokit: Octokit, fork: ForkConfig): Promise<readonly Text[]> {
  try {
    const { data } = await octokit.rest.issues.listForRepo({
      ...{ owner: fork.owner, repo: fork.name, state: "open", per_page: 100 },
    });
    return data
      .filter(({ title, pull_request }) => pull_request === undefined && title.startsWith(verifyTitle))
      .filter(({ body }) => body?.includes(verifyBranches))
      .map(({ number, body }) => ({ number, body: body ?? "" }));
  } catch (error) {
    if (error instanceof RequestError && [404, 410].includes(error.status)) return [];
    return explain(error, `list the issues of ${fork.repository}`);
  }
}

export function isEmpty(found: Throwaway): boolean {
  return throwawayWords(found).length === 0;
}

/** One line a thing. */
export function throwawayWords({ refs, rulesets, pulls, issues, runs }: Throwaway): string[] {
  return [
    ...runs.map((id) => `run ${id}, which has not ended`),
    ...pulls.map(({ number }) => `pull request #${number}`),
    ...issues.map(({ number }) => `issue #${number}`),
    ...rulesets.map(({ name }) => `ruleset "${name}"`),
    ...refs.map((ref) => (ref.startsWith("refs/heads/") ? `branch ${ref.slice("refs/heads/".length)}` : ref)),
  ];
}

const farewell = "**Closed: this was upstream-sync verify, on branches that are gone now.**";
const runSeconds = 300;

/** Runs first: one that goes on would push again what is taken away. @returns what is left. */
export async function* removeThrowaway(
  octokit: Octokit,
  fork: ForkConfig,
  clone: Clone,
  seen: Throwaway,
): AsyncGenerator<ProgressEvent, Throwaway> {
  const place = { owner: fork.owner, repo: fork.name };
  const say = (text: string): ProgressEvent => ({ fork: fork.repository, text });
  for (const id of seen.runs) {
    yield say(`cancelling run ${id}`);
    await endRun(octokit, fork, id);
  }
  // Until it ended it may have made more.
  const found = seen.runs.length > 0 ? await findThrowaway(octokit, fork) : seen;
  for (const { number, body } of [...found.pulls, ...found.issues]) {
    yield say(`closing #${number}`);
    await octokit.rest.issues
      .update({ ...place, issue_number: number, state: "closed", body: `${farewell}\n\n${body}`.slice(0, 65_536) })
      .catch((error) => explain(error, `close #${number} of ${fork.repository}`));
  }
  for (const { id, name } of found.rulesets) {
    yield say(`removing ruleset "${name}"`);
    await octokit.rest.repos
      .deleteRepoRuleset({ ...place, ruleset_id: id })
      .catch((error) => explain(error, `remove the ruleset "${name}" of ${fork.repository}`));
  }
  if (found.refs.length > 0) {
    yield say(`removing ${found.refs.length} branches and refs`);
    await deleteRefs(clone, found.refs);
  }
  return await findThrowaway(octokit, fork);
}

async function endRun(octokit: Octokit, fork: ForkConfig, id: number): Promise<void> {
  const run = { owner: fork.owner, repo: fork.name, run_id: id };
  // 409: it has ended meanwhile.
  await octokit.rest.actions.cancelWorkflowRun(run).catch((error: unknown) => {
    if (!(error instanceof RequestError) || error.status !== 409) explain(error, `cancel run ${id}`);
  });
  for (let waited = 0; waited < runSeconds; waited += 2) {
    const { data } = await octokit.rest.actions
      .getWorkflowRun(run)
      .catch((error) => explain(error, `read run ${id} of ${fork.repository}`));
    if (data.status === "completed") return;
    await setTimeout(2000);
  }
}
