/** The process document: what the team of this fork reads. */
import type { ForkConfig } from "../config/schema.ts";
import { trustedPaths } from "../config/test-plan.ts";
import { code, fillMarkdown, shellWord, tableCell } from "./fill-markdown.ts";

/** What one change of the document is called: the last words in the config, else the digest that the change brings. */
export function changeOf({ document }: ForkConfig, digest: string): string {
  return document.history.at(-1) ?? `settings ${digest.slice(0, 12)}`;
}

export function renderDocument(fork: ForkConfig, template: string, digest: string): string {
  const { branches, policies, pullRequest, schedule, protection } = fork;
  return fillMarkdown(template, {
    REPOSITORY: code(fork.repository),
    REPOSITORY_WORD: shellWord(fork.repository),
    UPSTREAM: code(fork.upstream.repository ?? fork.upstream.url),
    FOLLOWED: followed(fork),
    FOLLOW_RULES: followRules(fork.follow),
    UPSTREAM_MERGE: upstreamMerge(fork).join("\n"),
    SYNC_BRANCH: code(branches.sync),
    CONFLICT_BRANCH_WORD: shellWord(`${branches.sync}-conflict-1`),
    MANUAL_BRANCH_WORD: shellWord(`${branches.sync}-manual`),
    SYNC_BRANCH_WORD: shellWord(`origin/${branches.sync}`),
    FROM_BRANCH: code(branches.from),
    TARGET_BRANCH: code(branches.target),
    TARGET_MERGE: code(`git merge ${shellWord(`origin/${branches.target}`)}`),
    CRON: code(schedule.cron),
    TIMEZONE: code(schedule.timezone),
    PULL_REQUEST_TITLE: code(pullRequest.title),
    WHEN_APPROVED: code(pullRequest.whenApproved),
    LANDING: fork.landing === "merge" ? "merge commit" : "squash and merge",
    LANDING_RULES: landingRules(fork),
    REVERT_WANTED: code(`git push origin ${shellWord(`origin/${branches.target}:refs/heads/${branches.sync}-manual`)}`),
    UPSTREAM_WORKFLOWS: code(fork.upstreamWorkflows),
    KEEP_OURS: list(policies.keepOurs, "nothing"),
    KEEP_DELETED: list(policies.keepDeleted, "nothing"),
    MUST_SURVIVE: survivorsText(policies.mustSurvive),
    REGENERATE: list(
      policies.regenerate.flatMap(({ paths }) => paths),
      "nothing",
    ),
    PARTIAL: policies.partial ? "what merges before the first commit that does not" : "nothing is taken",
    FRESHNESS: freshnessText(fork.freshness),
    LABELS: list(pullRequest.labels, "none"),
    REVIEWERS: list(
      [...pullRequest.reviewers, ...pullRequest.teamReviewers.map((team) => `${fork.owner}/${team}`)],
      "nobody",
    ),
    OWNERS: ownersText(fork),
    TESTS: testsText(fork),
    TIMEOUT: String(fork.tests.timeoutMinutes),
    PROTECTION: protectionText(protection.sync),
    DOCUMENT_PATH: code(fork.document.path),
    DOCUMENT_PATH_WORD: shellWord(fork.document.path),
    DOCUMENT_BRANCHES: documentBranches(fork.document.branches),
    DIGEST: code(digest),
    HISTORY: historyRows(fork.document.history, digest),
    BACKUP_BRANCH: code(`${branches.sync}-backup-<date>`),
  });
}

function followed({ follow, upstream }: ForkConfig): string {
  if (follow === "branch") return `branch ${code(upstream.branch)}`;
  if (!("releases" in follow))
    return follow.tags.includes("*") ? `the newest tag ${code(follow.tags)}` : `tag ${code(follow.tags)}`;
  const named = follow.tags === undefined ? "" : `, tagged ${code(follow.tags)}`;
  const which = follow.prereleases ? "prereleases included" : "prereleases left out";
  return `the newest release in ${code(follow.releases)}${named}, ${which},`;
}

function followRules(follow: ForkConfig["follow"]): string {
  if (follow === "branch") return "Without a commit given by hand a run goes up to the branch's tip.";
  return [
    "Without a commit given by hand a run takes that tag; the pull request says which one and why.",
    "   An older one is never taken after a newer one. A tag that upstream moves or withdraws after it was taken stops the runs until a newer one is",
    "   there, and so does an upstream without any tag that fits; the run's summary says what to do.",
  ].join("\n");
}

function landingRules({ landing, branches }: ForkConfig): string {
  const target = code(branches.target);
  const lines =
    landing === "merge"
      ? [
          `By a **merge commit**: then the history of ${target} says that this fork has upstream's commits. A squash or a rebase brings the files and drops that. When it`,
          "happened all the same, nothing is lost: the next run compares the trees, names every file that did not arrive, and offers a pull request that joins the two histories.",
          "That one is landed by a merge commit, also when it changes no file.",
        ]
      : [
          `By **squash and merge**: this team keeps merge commits out of ${target}. The next run compares the trees, remembers the commit that landed the update, and merges later`,
          "ones from there, so that nothing that landed is met again. A file that did not arrive is named on the next pull request and comes again. The list of commits on a sync pull",
          "request has earlier updates too; its files do not.",
        ];
  return lines.join("\n");
}

/** A tag's commit and not the tag: git would write the tag's text, which is upstream's, into the message. */
function upstreamMerge({ follow, upstream }: ForkConfig): string[] {
  const fetch = `git fetch ${shellWord(upstream.url)}`;
  if (follow === "branch") return [`${fetch} ${shellWord(upstream.branch)}`, "git merge FETCH_HEAD"];
  const tag = "tags" in follow && !("releases" in follow) && !follow.tags.includes("*") ? follow.tags : "v1.2.3";
  return [
    `tag=${shellWord(tag)} # the one that the run names`,
    `${fetch} "refs/tags/$tag"`,
    "git merge 'FETCH_HEAD^0'",
  ];
}

function list(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.map(code).join(", ");
}

function survivorsText(survivors: ForkConfig["policies"]["mustSurvive"]): string {
  const words = survivors.map(({ path, contains }) =>
    contains === undefined ? code(path) : `${code(contains)} in ${code(path)}`,
  );
  return words.length === 0 ? "nothing is watched" : words.join(", ");
}

function freshnessText({ days, commits }: ForkConfig["freshness"]): string {
  const limits = [
    ...(days === undefined ? [] : [days === 1 ? "1 day" : `${days} days`]),
    ...(commits === undefined ? [] : [commits === 1 ? "1 commit" : `${commits} commits`]),
  ];
  return limits.length === 0 ? "no limit" : limits.join(", ");
}

function ownersText({ owners }: ForkConfig): string {
  const lines = Object.entries(owners).map(([pattern, people]) => `${code(pattern)}: ${list(people, "nobody")}`);
  return lines.length === 0 ? "the managed files only" : lines.join("; ");
}

function testsText(fork: ForkConfig): string {
  const trusted = trustedPaths(fork.tests);
  if (trusted.length === 0) return planText(fork.tests, fork.branches.sync);
  const files = trusted.map(code).join(", ");
  return `${planText(fork.tests, fork.branches.sync)}, with ${files} as ${code(fork.branches.target)} has them`;
}

function planText(tests: ForkConfig["tests"], sync: string): string {
  if ("checks" in tests)
    return `the fork's own CI on ${code(`${sync}-candidate`)}, which has to report ${tests.checks.map(code).join(", ")}`;
  if ("run" in tests)
    return tests.run.map((command) => code(command.trim().replace(/\s*\n\s*/g, " ⏎ "))).join(", then ");
  const { file, service } = tests.compose;
  return `service ${code(service)} of ${code(file)}, by Docker Compose`;
}

function protectionText({ mode, approvals, includeAdministrators }: ForkConfig["protection"]["sync"]): string {
  if (mode === "minimal") return "no deletion and no rewriting; nobody is exempt";
  const reviews = approvals === 1 ? "1 approval" : `${approvals} approvals`;
  const administrators = includeAdministrators ? "administrators included" : "administrators exempt";
  return `no deletion and no rewriting, nobody is exempt; changes by people need a pull request with ${reviews} and the status \`upstream-sync/tests\`, ${administrators}`;
}

/** The first branch has the newest text, the last the approved one. */
export function branchState(branches: readonly string[], n: number): string {
  return n === 0 ? "latest" : n === branches.length - 1 ? "approved" : "being validated";
}

function documentBranches(branches: readonly string[]): string {
  return [
    "| branch | state of the text there |",
    "| --- | --- |",
    ...branches.map((branch, n) => `| ${code(branch).replaceAll("|", "\\|")} | ${branchState(branches, n)} |`),
  ].join("\n");
}

/** The config's rows, numbered, the newest last; the settings on the page belong to the newest. */
function historyRows(history: readonly string[], digest: string): string {
  const now = `the settings on this page, digest ${code(digest.slice(0, 12))}`;
  if (history.length === 0) return `| 1 | ${now} |`;
  const row = (change: string, n: number) =>
    `| ${n + 1} | ${tableCell(code(change))}${n === history.length - 1 ? `: ${now}` : ""} |`;
  return history.map(row).join("\n");
}
