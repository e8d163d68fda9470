/** The config, version 1: every key, its meaning and its default. Rules between keys stand in rules.ts. */
import { z } from "zod";
import { type FollowInput, followProblems, versionRange } from "./follow.ts";
import { branchName, labelName, login, oneLine, repositoryName, teamSlug } from "./names.ts";
import type { Check } from "./problems.ts";
import { type StateConfig, stateSchema } from "./state.ts";
import {
  codeOwner,
  command,
  composeService,
  cron,
  documentPath,
  filePath,
  gitUrl,
  ownersPattern,
  pathPattern,
  timezone,
  upstreamText,
} from "./texts.ts";

export type { StateConfig };

/** A string under a rule; the rule's words travel to the problem as `params`. */
function text(check: Check) {
  return z.string().superRefine((value, context) => {
    const complaint = check(value);
    if (complaint) context.addIssue({ code: "custom", message: complaint.expected, params: { ...complaint } });
  });
}

const title: Check = (value) =>
  oneLine(value) ??
  ([...value].length > 256 ? { expected: "at most 256 characters", fix: "choose a shorter title" } : undefined);

/** It ends the subject of a commit, which people read in one line. */
const change: Check = (value) =>
  oneLine(value) ??
  ([...value].length > 100 ? { expected: "at most 100 characters", fix: "say it shorter" } : undefined);

/** Ours is reported after the tests, so waiting for it would never end. */
const checkName: Check = (value) =>
  oneLine(value) ??
  (value === "upstream-sync/tests"
    ? { expected: "a check of the fork's own CI", fix: "copy its name from a pull request's list of checks" }
    : undefined);

const oneAddress = {
  expected: "either repository or url",
  fix: "write one of them, for example repository: open-webui/open-webui",
};

const approvals = z.int().min(0).max(10);

const upstream = z
  .union([
    text(upstreamText),
    z
      .strictObject({
        repository: text(repositoryName).optional().describe("Upstream on github.com, as owner/name."),
        url: text(gitUrl)
          .optional()
          .describe("Upstream anywhere else: an https:// address without a credential in it."),
        branch: text(branchName)
          .default("main")
          .describe(
            "The branch of upstream to follow, where `follow` is branch; a commit given by hand is looked for in it.",
          ),
        private: z
          .boolean()
          .default(false)
          .describe(
            "Whether it can only be fetched with a token; `credentials create --upstream-token` seals that token for the workflow.",
          ),
      })
      .superRefine((value, context) => {
        if ((value.repository === undefined) === (value.url === undefined))
          context.addIssue({ code: "custom", message: oneAddress.expected, params: { ...oneAddress } });
      }),
  ])
  .transform(resolveUpstream)
  .describe("The project this fork follows: owner/name on github.com, an address, or an object.");

const follow = z
  .union([
    z.literal("branch"),
    z
      .strictObject({
        releases: text(versionRange)
          .optional()
          .describe("Take the newest release in this range of semantic versions, for example ^1.0.0."),
        prereleases: z
          .boolean()
          .optional()
          .describe("With releases: whether prereleases such as 2.0.0-rc.1 count; default false."),
        tags: z
          .string()
          .optional()
          .describe(
            "With releases: how its tags are named, one * for the version; default the version, with or without v before it. Alone: take the newest tag of this pattern, numbers in names ordered as numbers; without a *, that one tag.",
          ),
      })
      .superRefine((value, context) => {
        for (const { path, ...complaint } of followProblems(value))
          context.addIssue({ code: "custom", path: [...path], message: complaint.expected, params: { ...complaint } });
      }),
  ])
  .prefault("branch")
  .transform(resolveFollow)
  .describe(
    "What of upstream is taken: its branch, its releases, or tags. A fork's own replaces that of the defaults.",
  );

const branches = z
  .strictObject({
    sync: text(branchName)
      .default("sync/upstream")
      .describe("The branch upstream's changes arrive on; only the sync moves it."),
    from: text(branchName).default("main").describe("The branch the sync branch is made from, once."),
    target: text(branchName).default("dev").describe("The branch the sync pull request goes to."),
  })
  .prefault({})
  .describe("The fork's branches.");

const schedule = z
  .strictObject({
    cron: text(cron)
      .default("17 0 * * *")
      .describe("When to look for changes; five fields, at most every five minutes."),
    timezone: text(timezone).default("Etc/UTC").describe("IANA time zone of the cron expression."),
  })
  .prefault({})
  .describe("When the workflow runs. GitHub starts runs late at full hours, so the default is an odd minute.");

const compose = z.strictObject({
  file: text(filePath).default("docker-compose.test.yaml").describe("Compose file, from the top of the repository."),
  service: text(composeService).default("whatever-cypress").describe("The service whose exit code is the result."),
});

const tests = z
  .strictObject({
    compose: compose.optional().describe("Build, start, run one service, take down: the default."),
    run: z
      .array(text(command))
      .min(1)
      .optional()
      .describe("Commands, one step each, in bash, in the checked out candidate; instead of compose."),
    checks: z
      .array(text(checkName))
      .min(1)
      .optional()
      .describe(
        "Names of check runs or commit statuses of the fork's own CI that have to succeed on the candidate; instead of compose and run. The candidate is pushed as a branch for it, <sync branch>-candidate.",
      ),
    trusted: z
      .enum(["candidate", "fork"])
      .default("candidate")
      .describe(
        "Whose version of the tests' own files counts: the candidate's, which upstream may have changed, or the fork's, as the target has them.",
      ),
    entry: z
      .array(text(filePath))
      .default([])
      .describe(
        "With trusted: fork, the files and folders that are the tests, taken from the target; the compose file is one of them without being named.",
      ),
    timeoutMinutes: z.int().min(1).max(360).default(45).describe("Limit of the whole test job; GitHub's own is 360."),
    submodules: z.boolean().default(false).describe("Whether submodules are fetched, over https and without a token."),
    lfs: z.boolean().default(false).describe("Whether files kept by Git LFS are fetched."),
    keepGit: z.boolean().default(false).describe("Whether the tests find a .git, one commit deep."),
  })
  .prefault({})
  .transform(resolveTests)
  .describe("What has to pass before anything moves.");

const pullRequest = z
  .strictObject({
    title: text(title).default("chore: sync with upstream").describe("Title of the sync pull request."),
    labels: z
      .array(text(labelName))
      .default(["upstream-sync"])
      .describe("Labels on it; made if missing, never edited."),
    reviewers: z.array(text(login)).default([]).describe("Logins asked for a review."),
    teamReviewers: z
      .array(text(teamSlug))
      .default([])
      .describe("Teams asked for a review, by slug, of the fork's organisation."),
    whenApproved: z
      .enum(["hold", "update"])
      .default("hold")
      .describe("Whether an approved pull request still receives new changes."),
  })
  .prefault({})
  .describe("The pull request from the sync branch to the target.");

const protection = z
  .strictObject({
    sync: z
      .strictObject({
        mode: z
          .enum(["strict", "minimal"])
          .default("strict")
          .describe("strict: history and gate rulesets; minimal: history only."),
        approvals: approvals.default(1).describe("Reviews the gate asks for from anyone but the sync."),
        includeAdministrators: z.boolean().default(true).describe("Whether the gate holds administrators too."),
      })
      .prefault({})
      .describe("Rules on the sync branch."),
    target: z
      .union([
        z.literal("none"),
        z.strictObject({
          approvals: approvals.default(0).describe("Reviews needed."),
          codeOwners: z.boolean().default(false).describe("Whether code owners have to review."),
          checks: z.array(text(oneLine)).default([]).describe("Contexts that have to succeed."),
          mergeMethods: z
            .array(z.enum(["merge", "squash", "rebase"]))
            .min(1)
            .default(["merge", "squash", "rebase"])
            .describe("Merge methods left possible."),
        }),
      ])
      .default("none")
      .describe(
        "Rules on the target branch: changes come by pull request only. They hold every pull request, not only the sync's.",
      ),
  })
  .prefault({})
  .describe("Rulesets.");

const survivor = z
  .union([
    text(filePath),
    z.strictObject({
      path: text(filePath).describe("A file or a folder, from the top of the repository."),
      contains: text(oneLine).optional().describe("Text, of one line, that has to stay in the file."),
    }),
  ])
  .transform((value) => (typeof value === "string" ? { path: value } : value));

const policies = z
  .strictObject({
    keepOurs: z
      .array(text(pathPattern))
      .default([])
      .describe(
        "Patterns, as in a .gitignore, of paths that stay as the fork has them: conflicts there and upstream's changes are settled for the fork, files that only upstream has do not come.",
      ),
    keepDeleted: z
      .array(text(pathPattern))
      .default([])
      .describe(
        "Patterns of files that stay deleted where the fork deleted them, though upstream goes on changing them; new files stay out of folders that the fork deleted.",
      ),
    mustSurvive: z
      .array(survivor)
      .default([])
      .describe(
        "Files and folders, or { path, contains } for a text in a file: a merge that would take one away is stopped.",
      ),
    partial: z
      .boolean()
      .default(false)
      .describe("Whether upstream is taken as far as it merges when a later commit of it conflicts."),
    regenerate: z
      .array(
        z.strictObject({
          paths: z
            .array(text(pathPattern))
            .min(1)
            .describe("Patterns of generated files, such as package-lock.json or locales/*.json."),
          run: text(command).describe("What makes them anew, in bash, in the checked out candidate."),
        }),
      )
      .default([])
      .describe(
        "Generated files and the commands that make them anew after each merge, before the tests and without a credential; a conflict in one of them is settled by that.",
      ),
  })
  .prefault({})
  .describe("What the fork has decided once and for all about upstream's changes.");

const freshness = z
  .strictObject({
    days: z
      .int()
      .min(1)
      .optional()
      .describe("Most days that the oldest commit of upstream the target lacks may be old; default no limit."),
    commits: z.int().min(1).optional().describe("Most commits of upstream that the target may lack; default no limit."),
  })
  .prefault({})
  // In one order, whatever the order in the file: the workflow has it as text.
  .transform(({ days, commits }) => ({
    ...(days === undefined ? {} : { days }),
    ...(commits === undefined ? {} : { commits }),
  }))
  .describe("How far the target may be behind upstream; every run beyond that is red, whatever else it has to say.");

const forkSchema = z.strictObject({
  upstream,
  follow,
  branches,
  schedule,
  tests,
  pullRequest,
  upstreamWorkflows: z
    .enum(["hold", "accept"])
    .default("hold")
    .describe("Whether upstream's changes below .github/workflows are held back."),
  landing: z
    .enum(["merge", "squash"])
    .default("merge")
    .describe(
      "How the sync pull request is landed: by a merge commit, or, where the team may have none, by squash and merge. What came otherwise is found and repaired by the next run.",
    ),
  policies,
  freshness,
  owners: z
    .record(text(ownersPattern), z.array(text(codeOwner)).min(1))
    .default({})
    .describe(
      "More lines for CODEOWNERS: pattern to owners. The last line that matches a file wins, and these come last.",
    ),
  protection,
  credentials: z
    .enum(["deploy-key", "github-app", "github-token"])
    .default("deploy-key")
    .describe("What the workflow pushes with."),
  delivery: z.enum(["commit", "pull-request"]).default("commit").describe("How the managed files reach the fork."),
  document: z
    .strictObject({
      path: text(documentPath)
        .default("docs/upstream-sync.md")
        .describe("Path of the process document on the target branch."),
      branches: z
        .array(text(branchName))
        .min(1)
        .default(["dev", "test", "main"])
        .describe("The branches it travels, latest first; the first is the target."),
      history: z
        .array(text(change))
        .default([])
        .describe(
          "A line for each change of the set-up, oldest first: its version history and the words of its commit.",
        ),
    })
    .prefault({})
    .describe("The process document."),
  rollback: z
    .strictObject({
      syncBranch: z
        .enum(["remove-if-landed", "keep"])
        .default("remove-if-landed")
        .describe("What destroy does with the sync branch."),
    })
    .prefault({})
    .describe("What happens when the set-up is taken away."),
});

const forkInput = forkSchema.partial({ upstream: true });

/** What one key of a fork may hold. `resolve` judges keys one by one, so that one mistake does not hide the others. */
export const forkShape = forkSchema.shape;

/** The file as people write it. */
export const configSchema = z
  .strictObject({
    version: z.literal(1).describe("Version of this format."),
    state: stateSchema,
    defaults: forkInput.optional().describe("Same keys as a fork; objects merge, lists replace."),
    forks: z
      .record(text(repositoryName), forkInput)
      .describe("One entry a fork; the key is its repository, owner/name, and the name of its stack."),
  })
  .describe("upstream-sync: keeps forks current as infrastructure.");

type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

/** One fork with every default filled in. */
export type ForkConfig = Immutable<z.output<typeof forkSchema>> & {
  /** `owner/name` of the fork, also the name of its stack. */
  readonly repository: string;
  readonly owner: string;
  readonly name: string;
};

export interface Config {
  readonly version: 1;
  readonly state: StateConfig;
  /** In the order of the file. */
  readonly forks: readonly ForkConfig[];
}

export type ForkPart = keyof typeof forkShape;

function resolveUpstream(
  input: string | { repository?: string | undefined; url?: string | undefined; branch: string; private: boolean },
) {
  const given = typeof input === "string" ? fromText(input) : input;
  const { branch } = given;
  if (given.repository !== undefined) {
    const { repository } = given;
    return { url: `https://github.com/${repository}.git`, repository, branch, private: given.private };
  }
  const url = given.url ?? ""; // never empty: an object with neither is refused before
  const repository = /^https:\/\/github\.com\/([^/]+\/[^/]+?)(?:\.git)?\/?$/i.exec(url)?.[1];
  return { url, branch, private: given.private, ...(repository === undefined ? {} : { repository }) };
}

/** With every default, but the names of the releases' tags: those are looked for in two ways. */
function resolveFollow(input: "branch" | FollowInput) {
  if (input === "branch") return input;
  const { releases, prereleases = false, tags } = input;
  if (releases === undefined) return { tags: tags ?? "" }; // never empty: an object with neither is refused before
  return { releases, prereleases, ...(tags === undefined ? {} : { tags }) };
}

function fromText(value: string) {
  const [repository, url] = value.includes("://") ? [undefined, value] : [value, undefined];
  return { repository, url, branch: "main", private: false };
}

interface TestSurroundings {
  trusted: "candidate" | "fork";
  entry: string[];
  timeoutMinutes: number;
  submodules: boolean;
  lfs: boolean;
  keepGit: boolean;
}

type TestPlan = TestSurroundings & ({ compose: z.output<typeof compose> } | { run: string[] } | { checks: string[] });

function resolveTests({
  compose: recipe,
  run,
  checks,
  ...surroundings
}: TestSurroundings & {
  compose?: z.output<typeof compose> | undefined;
  run?: string[] | undefined;
  checks?: string[] | undefined;
}): TestPlan {
  if (checks) return { checks, ...surroundings };
  return run ? { run, ...surroundings } : { compose: recipe ?? compose.parse({}), ...surroundings };
}
