/**
 * The judge of every ref update, whatever door it comes through: push over http or ssh, contents, refs, merges, pull
 * requests. It asks about objects only through `Questions`, so it knows neither git nor the network.
 */
import { protectionOf, protectionRules } from "./classic-protection.ts";
import type { RefUpdate } from "./git.ts";
import { atLeast, type Identity, isIntegration, role } from "./identity.ts";
import { bypassOf, rulesetsFor } from "./rule-match.ts";
import type { CommitStatus, Issue, Owner, Repository } from "./state.ts";

export type MergeMethod = "merge" | "squash" | "rebase";

/** What the judge may ask about commits; answered by git, with a push's quarantined objects visible. */
export interface Questions {
  isAncestor(older: string, newer: string): Promise<boolean>;
  mergeCommits(before: string | null, after: string): Promise<string[]>;
  unsignedCommits(before: string | null, after: string): Promise<string[]>;
  /** A file below .github/workflows at this commit that no branch of the repository holds with that content. */
  newWorkflowFile(after: string): Promise<string | undefined>;
}

export interface Context {
  repository: Repository;
  /** The repository's owner; its type decides who an organization's administrator is. */
  owner: Owner | undefined;
  identity: Identity;
  /** Of the person who calls, if it is one. */
  userId: number | undefined;
  questions: Questions;
  /** Set when a pull request is being merged by its button or its REST call. */
  pull?: { issue: Issue; method: MergeMethod };
  /** A commit GitHub itself makes is signed by GitHub; this one needs no signature of its own. */
  madeHere?: string;
}

export interface Refusal {
  /** "rule": of a ruleset. "classic": of classic protection. "workflow-file": a token that may not touch workflow files. */
  kind: "rule" | "classic" | "workflow-file";
  /** GitHub's words, without bullet; may have several lines. */
  text: string;
}

export interface Verdict {
  refusals: Refusal[];
  /** Violations the caller was let through with, in GitHub's words. */
  bypassed: string[];
}

type Rule = Repository["rulesets"][number]["rules"][number];

function violation(words: string, shas: readonly string[]): string[] {
  if (shas.length === 0) return [];
  const count = `Found ${shas.length} violation${shas.length === 1 ? "" : "s"}:`;
  return [[words, `  ${count}`, "", ...shas.map((sha) => `  ${sha}`)].join("\n")];
}

function latestStatus(statuses: readonly CommitStatus[], sha: string, context: string): CommitStatus | undefined {
  return statuses.findLast((status) => status.sha === sha && status.context === context);
}

/** GitHub Actions' App; a check bound to it is met by what a job token reported. */
const actionsAppId = 15368;

interface RequiredCheck {
  context: string;
  integration_id?: number | null;
}

function checkViolations(repository: Repository, sha: string, checks: readonly RequiredCheck[]): string[] {
  const states = checks.map(({ context, integration_id: app }) => {
    const status = latestStatus(repository.statuses, sha, context);
    const counts = status && (!app || (app === actionsAppId && status.creator === "github-actions[bot]"));
    return { context, state: counts ? status.state : "pending" };
  });
  const unmet = states.filter(({ state }) => state !== "success");
  const word = unmet.some(({ state }) => state === "pending") ? "expected" : "failing";
  const [first] = unmet;
  if (!first) return [];
  if (unmet.length === 1) return [`Required status check "${first.context}" is ${word}.`];
  return [`${unmet.length} of ${states.length} required status checks are ${word}.`];
}

/**
 * The last review of each person with write access counts; the author's own and, if the rule says so, those before the last
 * push do not.
 */
export function approvals(
  repository: Repository,
  issue: Issue,
  dismissStale: boolean,
): { approved: number; changesRequested: boolean } {
  const latest = new Map<string, string>();
  for (const review of issue.pull?.reviews ?? []) {
    const reviewer: Identity = { kind: "user", login: review.user, scopes: [] };
    if (review.user === issue.user || review.state === "COMMENTED") continue;
    if (!atLeast(role(repository, reviewer), "write")) continue;
    const stale = dismissStale && review.state === "APPROVED" && review.commit_id !== issue.pull?.headSha;
    latest.set(review.user, stale ? "DISMISSED" : review.state);
  }
  const states = [...latest.values()];
  return {
    approved: states.filter((state) => state === "APPROVED").length,
    changesRequested: states.includes("CHANGES_REQUESTED"),
  };
}

function pullRequestViolations(rule: Rule, update: RefUpdate, context: Context): string[] {
  if (update.after === null) return [];
  const { pull } = context;
  if (!pull) return ["Changes must be made through a pull request."];
  const parameters = rule.parameters ?? {};
  const methods = parameters.allowed_merge_methods as MergeMethod[] | undefined;
  const wanted = Number(parameters.required_approving_review_count ?? 0);
  const reviews = approvals(context.repository, pull.issue, parameters.dismiss_stale_reviews_on_push === true);
  const violations: string[] = [];
  if (methods && methods.length > 0 && !methods.includes(pull.method)) {
    violations.push(`${methodNames[pull.method]} are not allowed on this repository.`);
  }
  if (reviews.changesRequested) violations.push("Changes requested.");
  if (reviews.approved < wanted) {
    violations.push(
      `At least ${wanted} approving ${wanted === 1 ? "review is" : "reviews are"} required by reviewers with write access.`,
    );
  }
  return violations;
}

export const methodNames: Record<MergeMethod, string> = {
  merge: "Merge commits",
  squash: "Squash merges",
  rebase: "Rebase merges",
};

async function violations(rule: Rule, update: RefUpdate, context: Context): Promise<string[]> {
  const { before, after } = update;
  const { questions, repository, pull, madeHere } = context;
  switch (rule.type) {
    case "creation":
      return before === null ? ["Cannot create ref due to creations being restricted."] : [];
    case "update":
      return before !== null && after !== null ? ["Cannot update this protected ref."] : [];
    case "deletion":
      return after === null ? ["Cannot delete this branch"] : [];
    case "non_fast_forward": {
      const forced = before !== null && after !== null && !(await questions.isAncestor(before, after));
      return forced ? ["Cannot force-push to this branch"] : [];
    }
    case "required_linear_history":
      if (after === null) return [];
      return violation("This branch must not contain merge commits.", await questions.mergeCommits(before, after));
    case "required_signatures": {
      if (after === null) return [];
      const unsigned = (await questions.unsignedCommits(before, after)).filter((sha) => sha !== madeHere);
      return violation("Commits must have verified signatures.", unsigned);
    }
    case "pull_request":
      return pullRequestViolations(rule, update, context);
    case "required_status_checks": {
      const parameters = rule.parameters ?? {};
      if (after === null || (before === null && parameters.do_not_enforce_on_create === true)) return [];
      const checks = (parameters.required_status_checks as RequiredCheck[] | undefined) ?? [];
      return checkViolations(repository, pull?.issue.pull?.headSha ?? after, checks);
    }
    case "locked":
      return ["Cannot change this locked branch"];
    case "restricted": {
      const words = "You're not authorized to push to this branch. Visit https://docs.github.com/repositories/";
      const page =
        "configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches";
      const judged = before !== null || rule.parameters?.creations === true;
      return judged && after !== null ? [`${words}${page} for more information.`] : [];
    }
    default:
      return [];
  }
}

/** The creation of a branch is judged by nothing but "restrict pushes that create matching branches". */
async function classicVerdict(update: RefUpdate, context: Context): Promise<Verdict> {
  const protection = protectionOf(context.repository, update.ref);
  if (!protection) return { refusals: [], bypassed: [] };
  const { everyone, others, passes } = protectionRules(protection, context);
  const judged = update.before === null ? others.filter(({ type }) => type === "restricted") : others;
  const texts = async (rules: readonly Rule[]): Promise<string[]> =>
    (await Promise.all(rules.map((rule) => violations(rule, update, context)))).flat();
  const [always, unlessAdministrator] = [await texts(everyone), await texts(judged)];
  const refused = passes ? always : [...unlessAdministrator, ...always];
  return {
    refusals: refused.map((text): Refusal => ({ kind: "classic", text })),
    bypassed: passes ? unlessAdministrator : [],
  };
}

async function workflowRefusal(update: RefUpdate, { identity, questions }: Context): Promise<Refusal[]> {
  const free =
    identity.kind === "deploy-key" ||
    (identity.kind === "user" && identity.scopes.includes("workflow")) ||
    (identity.kind === "installation" && identity.token.permissions.workflows === "write");
  if (free || update.after === null) return [];
  const path = await questions.newWorkflowFile(update.after);
  if (!path) return [];
  const [who, what] = isIntegration(identity)
    ? ["a GitHub App", "`workflows` permission"]
    : ["a Personal Access Token", "`workflow` scope"];
  return [
    {
      kind: "workflow-file",
      text: `refusing to allow ${who} to create or update workflow \`${path}\` without ${what}`,
    },
  ];
}

/** All reasons against an update: those of classic protection, then those of every ruleset together, each once. */
export async function judge(update: RefUpdate, context: Context): Promise<Verdict> {
  const refused: string[] = [];
  const bypassed: string[] = [];
  for (const ruleset of rulesetsFor(context.repository, update.ref)) {
    const bypass = bypassOf(ruleset, context, context.pull ? "pull-merge" : "direct");
    if (bypass === "silent") continue;
    for (const rule of ruleset.rules) {
      (bypass === "noted" ? bypassed : refused).push(...(await violations(rule, update, context)));
    }
  }
  const rules = [...new Set(refused)].map((text): Refusal => ({ kind: "rule", text }));
  const classic = await classicVerdict(update, context);
  return {
    refusals: [...classic.refusals, ...rules, ...(await workflowRefusal(update, context))],
    bypassed: [...new Set([...classic.bypassed, ...bypassed])],
  };
}
