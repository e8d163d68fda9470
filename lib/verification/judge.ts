/** What a verification saw -> what it proves; pure. */
import { cannotTell, type Finding, notOk, ok } from "../checks/check.ts";
import type { ForkConfig } from "../config/schema.ts";
import type { SyncResult } from "../fork/follow-run.ts";
import { type PushAnswer, sharedFile } from "./git-story.ts";
import type { LiveRules } from "./rules.ts";

export interface PullSeen {
  readonly number: number;
  readonly url: string;
  readonly state: string;
  readonly base: string;
  /** Tip of its branch. */
  readonly head: string;
  readonly labels: readonly string[];
  readonly body: string;
}

export interface IssueSeen {
  readonly number: number;
  readonly url: string;
  readonly state: string;
  readonly body: string;
}

export interface BranchSeen {
  readonly tip: string;
  /** Commits that it has to have and has not. */
  readonly missing: readonly string[];
  /** The file that conflicted is as the person settled it. */
  readonly isSettled: boolean;
}

/** Everything that has to be so, each with the words for when it is not. */
function finding(evidence: string, faults: readonly (string | false)[], remedy: string): Finding {
  const found = faults.filter((fault) => fault !== false);
  return found.length === 0 ? ok(evidence) : notOk(found.join("; "), remedy);
}

const applyAgain = "upstream-sync plan shows what is missing, upstream-sync apply brings it back; then verify again";

/** GitHub's own words about the real sync branch; nothing is tried there. */
export function judgeProtection(fork: ForkConfig, live: LiveRules): Finding {
  const { mode, includeAdministrators } = fork.protection.sync;
  const { sync } = fork.branches;
  const unknown = live.rulesets.find(({ bypass }) => bypass === undefined);
  if (unknown)
    return cannotTell(`GitHub does not tell who bypasses "${unknown.name}"`, "use a token that administers the fork");
  const expected = [
    ...(fork.credentials === "deploy-key" ? ["DeployKey"] : []),
    ...(fork.credentials === "github-app" ? ["Integration"] : []),
    ...(includeAdministrators ? [] : ["RepositoryRole"]),
  ];
  const bypassOf = (id: number) => live.rulesets.find((ruleset) => ruleset.id === id)?.bypass ?? [];
  const holds = (type: string, bypass: readonly string[]) =>
    live.rules.some(
      (rule) => rule.type === type && bypassOf(rule.ruleset).every(({ actor_type }) => bypass.includes(actor_type)),
    );
  const wanted = [
    ...["deletion", "non_fast_forward"].map((type) => ({ type, bypass: [] as string[] })),
    ...(mode === "strict"
      ? ["pull_request", "required_status_checks"].map((type) => ({ type, bypass: expected }))
      : []),
  ];
  const missing = wanted.filter(({ type, bypass }) => !holds(type, bypass)).map(({ type }) => type);
  return finding(
    `GitHub lists for ${sync}: ${wanted.map(({ type }) => type).join(", ")}; bypass: ${expected.join(", ") || "nobody"} for the gate, nobody for deletion and rewriting`,
    [missing.length > 0 && `no rule that holds for everybody but the workflow's key: ${missing.join(", ")}`],
    applyAgain,
  );
}

export interface Pushes {
  readonly forward: PushAnswer;
  readonly rewrite: PushAnswer;
  readonly deletion: PushAnswer;
}

/** @param notCopied rulesets of others that hold for the real branch and could not be copied. */
export function judgePushes(fork: ForkConfig, pushes: Pushes, notCopied: readonly string[]): Finding {
  const { mode, includeAdministrators } = fork.protection.sync;
  const names = { forward: "a push", rewrite: "a push that rewrites", deletion: "a deletion" } as const;
  const tried = mode === "strict" ? (["forward", "rewrite", "deletion"] as const) : (["rewrite", "deletion"] as const);
  const failed = tried.find((one) => pushes[one].kind === "failed");
  if (failed !== undefined) {
    return cannotTell(
      `${names[failed]} did not reach a rule: ${wordsOf(pushes[failed])}`,
      "mend that, then verify again",
    );
  }
  const accepted = tried.filter((one) => pushes[one].kind === "accepted");
  if (accepted.length === 1 && accepted[0] === "forward" && !includeAdministrators) {
    const why = "the push of an administrator was accepted, as protection.sync.includeAdministrators: false has it";
    return cannotTell(why, "let somebody without administration rights push to the sync branch of a rehearsal");
  }
  const others = notCopied.length === 0 ? "" : `; not copied: ${notCopied.join(", ")}`;
  return finding(
    `${tried.map((one) => `${names[one]} was refused (${wordsOf(pushes[one])})`).join("; ")}${others}`,
    accepted.map((one) => `${names[one]} to a branch with the sync branch's rules was accepted`),
    applyAgain,
  );
}

function wordsOf(answer: PushAnswer): string {
  return answer.kind === "accepted" ? "accepted" : answer.words;
}

function runFault({ run, record, failed }: SyncResult, outcome: string): string | false {
  if (record?.outcome === outcome) return false;
  const at = failed === undefined ? "" : `, at ${failed.job}: ${failed.step}`;
  const got =
    record === undefined ? `no record ("${run.conclusion}"${at})` : `${record.outcome}${at}: ${record.reason}`;
  return `the run came to ${got}, expected ${outcome}`;
}

export interface CleanMerge {
  readonly run: SyncResult;
  readonly pull: PullSeen | undefined;
  readonly branch: BranchSeen;
  /** State of the commit status `upstream-sync/tests` on the tip; undefined where there is none. */
  readonly status: string | undefined;
  readonly target: string;
}

/** P15: trigger by hand, clean merge. */
export function judgeCleanMerge({ run, branch }: CleanMerge): Finding {
  const steps = run.record?.tests ?? [];
  return finding(
    `the deployed workflow merged, ran ${steps.length} test ${steps.length === 1 ? "step" : "steps"} on the merge (${steps.map(({ name }) => name).join(", ")}) and moved its branch to it`,
    [
      runFault(run, "promoted"),
      steps.length === 0 && "no test step is recorded",
      branch.missing.length > 0 && "the branch does not have what was to be merged",
      branch.tip !== run.record?.candidate && "the branch is not at the commit that was tested",
    ],
    "read the run's summary; when the tests fail, mend them on the target first",
  );
}

/** P15: the pull request appears, with label and checks. */
export function judgePullRequest(fork: ForkConfig, { pull, status, branch, target }: CleanMerge): Finding {
  if (pull === undefined) return notOk("there is no pull request", "read the run's summary, which says why");
  const labels = fork.pullRequest.labels.filter((label) => !has(pull.labels, label));
  return finding(
    `#${pull.number} is open, into ${pull.base}, with ${pull.labels.length === 0 ? "no label" : pull.labels.join(", ")}, at the commit whose status upstream-sync/tests is success`,
    [
      pull.state !== "open" && `#${pull.number} is ${pull.state}`,
      pull.base !== target && `#${pull.number} goes into ${pull.base}`,
      pull.head !== branch.tip && `#${pull.number} is not at the branch's tip`,
      labels.length > 0 && `labels are missing: ${labels.join(", ")}`,
      status !== "success" && `the status upstream-sync/tests is ${status ?? "not there"}`,
    ],
    "read the run's summary: it names what GitHub refused",
  );
}

function has(names: readonly string[], wanted: string): boolean {
  return names.some((name) => name.toLowerCase() === wanted.toLowerCase());
}

/** P8, P10: they are not asked, since a request is a mail; whether they can be is GitHub's word. */
export function judgeReviewers(fork: ForkConfig, withAccess: ReadonlyMap<string, boolean>): Finding {
  const { reviewers, teamReviewers } = fork.pullRequest;
  const without = reviewers.filter((login) => !withAccess.get(login));
  if (without.length > 0) {
    return notOk(
      `GitHub asks nobody for a review who has no access: ${without.join(", ")}`,
      "give them access to the fork, or name others under pullRequest.reviewers",
    );
  }
  if (teamReviewers.length > 0) {
    return cannotTell(
      `${reviewers.join(", ") || "nobody by name"}: have access; whether the teams ${teamReviewers.join(", ")} have, GitHub tells their organization alone`,
      "look at the access of the teams in the fork's settings",
    );
  }
  if (reviewers.length === 0) return ok("the config names nobody; a review is nobody's by name");
  return ok(`${reviewers.join(", ")}: have access, so they can be asked; a verification asks nobody`);
}

export interface Conflict {
  readonly run: SyncResult;
  readonly pull: PullSeen | undefined;
  readonly issue: IssueSeen | undefined;
  readonly issuesOn: boolean;
  readonly conflictBranch: string | undefined;
  readonly sync: string;
  /** Tips of the sync branch before and after. */
  readonly before: string;
  readonly after: string;
}

/** P13, P15: a conflict reaches people. */
export function judgeConflict({ run, pull, issue, issuesOn, conflictBranch, sync, before, after }: Conflict): Finding {
  const named = run.record?.conflicts.some(({ path }) => path === sharedFile) ?? false;
  return finding(
    `branch ${conflictBranch}, pull request #${pull?.number} into the sync branch and ${issue ? `issue #${issue.number}` : "no issue, as issues are off,"} name ${sharedFile}; the sync branch stayed where it was`,
    [
      runFault(run, "conflict"),
      !named && `the record does not name ${sharedFile}`,
      conflictBranch === undefined && "there is no branch for it",
      pull === undefined && "there is no pull request for it",
      pull !== undefined &&
        (pull.state !== "open" || pull.base !== sync) &&
        `#${pull.number} is ${pull.state}, into ${pull.base}`,
      issuesOn && issue?.state !== "open" && "there is no open issue for it",
      issue !== undefined && !issue.body.includes(sharedFile) && `#${issue.number} does not name ${sharedFile}`,
      before !== after && "the sync branch moved although nothing could be merged",
    ],
    "read the run's summary, and switch issues on in the fork's settings",
  );
}

export interface Resolution {
  readonly run: SyncResult;
  readonly branch: BranchSeen;
  readonly pull: PullSeen | undefined;
  readonly issue: IssueSeen | undefined;
  readonly conflictBranch: string | undefined;
}

/** P13, P15: what a person pushed is tested, promoted, and everything about the conflict ends. */
export function judgeResolution({ run, branch, pull, issue, conflictBranch }: Resolution): Finding {
  return finding(
    `a git merge, pushed to the conflict's branch, was tested and promoted as it was; branch, pull request${issue ? " and issue" : ""} are closed`,
    [
      runFault(run, "promoted"),
      branch.missing.length > 0 && "the sync branch does not have the person's commit",
      !branch.isSettled && `the sync branch does not have ${sharedFile} as the person settled it`,
      conflictBranch !== undefined && `the branch ${conflictBranch} is still there`,
      pull !== undefined && pull.state !== "closed" && `#${pull.number} is ${pull.state}`,
      issue !== undefined && issue.state !== "closed" && `#${issue.number} is ${issue.state}`,
    ],
    "read the run's summary",
  );
}

export interface Manual {
  readonly run: SyncResult;
  readonly branch: BranchSeen;
  readonly manual: string;
  readonly pull: PullSeen | undefined;
  /** Of the pull request that was there before. */
  readonly number: number | undefined;
}

/** P12, P15: a sync by hand is tested, promoted and shown in the pull request. */
export function judgeManual({ run, branch, manual, pull, number }: Manual): Finding {
  return finding(
    `the merge pushed to ${manual} was tested and promoted, and #${pull?.number} names the branch and the commit`,
    [
      runFault(run, "promoted"),
      branch.missing.length > 0 && "the sync branch does not have the person's merge",
      pull === undefined && "there is no pull request",
      pull !== undefined && pull.number !== number && `it is another pull request: #${pull.number}`,
      pull !== undefined && pull.head !== branch.tip && `#${pull.number} is not at the branch's tip`,
      pull !== undefined && !pull.body.includes(manual) && `#${pull.number} does not name ${manual}`,
    ],
    "read the run's summary",
  );
}

/** P14: "manual process documented". */
export function judgeDocument(path: string, branch: string, text: string | undefined, digest: string): Finding {
  const remedy = "upstream-sync docs check tells what differs, upstream-sync apply delivers it";
  if (text === undefined) return notOk(`there is no ${path} on ${branch}`, remedy);
  if (!text.includes(`digest \`${digest}\``))
    return notOk(`${path} on ${branch} is not the one of this config`, remedy);
  return ok(
    `${path} on ${branch} is made from the same config as the workflow, with the commands for a sync and a conflict by hand`,
  );
}
