/** Rules between the keys of one fork. Each runs on the parts that are valid by themselves. */
import { verifyBranches } from "../verify-names.ts";
import type { Complaint, Path } from "./problems.ts";
import type { ForkConfig, ForkPart } from "./schema.ts";
import { trustedPaths } from "./test-plan.ts";

export type ValidParts = Partial<Pick<ForkConfig, ForkPart>>;

export interface Finding extends Complaint {
  /** From the top of the fork. */
  readonly path: Path;
  readonly got: unknown;
}

export function crossCheck(repository: string, parts: ValidParts): Finding[] {
  return [
    ...upstreamIsAnother(repository, parts),
    ...syncBranchIsItsOwn(parts),
    ...branchesFitTogether(parts),
    ...branchesAreNotReserved(parts),
    ...documentStartsAtTarget(parts),
    ...targetRulesRefuseCommits(parts),
    ...targetLeavesLanding(parts),
    ...tokenCannotBypass(parts),
    ...tokenIsEnough(parts),
    ...teamsNeedAnApp(parts),
    ...trustedTestsAreNamed(parts),
    ...checksAreTheForks(parts),
    ...checksNeedAPush(parts),
    ...namedOnce(parts),
  ];
}

function upstreamIsAnother(repository: string, { upstream }: ValidParts): Finding[] {
  if (upstream?.repository?.toLowerCase() !== repository.toLowerCase()) return [];
  return [
    {
      path: ["upstream"],
      got: upstream.repository,
      expected: "another repository than the fork",
      fix: "name the project the fork was made from",
    },
  ];
}

/** The sync moves its branch by itself; people's branches are theirs. */
function syncBranchIsItsOwn({ branches }: ValidParts): Finding[] {
  if (!branches) return [];
  const same = (["from", "target"] as const).filter((key) => branches[key] === branches.sync);
  if (same.length === 0) return [];
  return [
    {
      path: ["branches", "sync"],
      got: branches.sync,
      expected: `a branch of its own, not branches.${same.join(" and branches.")}`,
      fix: "write sync/upstream",
    },
  ];
}

/** git keeps a ref as a file: a branch `sync` and a branch `sync/upstream` cannot both exist. */
function branchesFitTogether({ branches, document }: ValidParts): Finding[] {
  const named = [
    ...(branches
      ? (["sync", "from", "target"] as const).map((key) => ({ path: ["branches", key], name: branches[key] }))
      : []),
    ...(document?.branches ?? []).map((name, n) => ({ path: ["document", "branches", n], name })),
  ];
  const seen = new Set<string>();
  return named.flatMap(({ path, name }) => {
    const above = named.find((other) => name.startsWith(`${other.name}/`));
    if (!above || seen.has(name)) return [];
    seen.add(name);
    return [
      {
        path,
        got: name,
        expected: `a branch that git can keep beside ${above.name}`,
        fix: `rename one: ${above.name} would have to be a branch and a folder of branches at once`,
      },
    ];
  });
}

/** `upstream-sync verify` makes and deletes what is there. */
function branchesAreNotReserved({ branches }: ValidParts): Finding[] {
  if (!branches) return [];
  return (["sync", "from", "target"] as const)
    .filter((key) => branches[key].startsWith(verifyBranches))
    .map((key) => ({
      path: ["branches", key],
      got: branches[key],
      expected: `a branch that is not below ${verifyBranches}, where "upstream-sync verify" makes and deletes branches`,
      fix: "name another branch",
    }));
}

function documentStartsAtTarget({ branches, document }: ValidParts): Finding[] {
  const first = document?.branches[0];
  if (!branches || first === undefined || first === branches.target) return [];
  return [
    {
      path: ["document", "branches"],
      got: first,
      expected: `the target branch, ${branches.target}, first: the document is delivered there`,
      fix: `write the branches it travels, latest first, for example [${[...new Set([branches.target, branches.from])].join(", ")}]`,
    },
  ];
}

/** GitHub takes neither the token nor its app as a bypass actor of a repository's ruleset (github-semantics.md §2). */
function tokenCannotBypass({ credentials, protection }: ValidParts): Finding[] {
  if (credentials !== "github-token" || protection?.sync.mode !== "strict") return [];
  return [
    {
      path: ["protection", "sync", "mode"],
      got: "strict",
      expected: "minimal with github-token, which can never pass the gate of strict",
      fix: "write credentials: deploy-key, or mode: minimal",
    },
  ];
}

/**
 * What GITHUB_TOKEN can never do: change workflow files, and read another private repository; it has no environment to keep a
 * second secret in (github-semantics.md §3).
 */
function tokenIsEnough({ credentials, upstream, upstreamWorkflows }: ValidParts): Finding[] {
  if (credentials !== "github-token") return [];
  const fix = (other: string) => `write credentials: deploy-key, or ${other}`;
  return [
    ...(upstream?.private
      ? [
          {
            path: ["upstream", "private"],
            got: true,
            expected: "false with github-token, which keeps no token for another repository",
            fix: fix("follow an upstream that anyone may read"),
          },
        ]
      : []),
    ...(upstreamWorkflows === "accept"
      ? [
          {
            path: ["upstreamWorkflows"],
            got: "accept",
            expected: "hold with github-token, which may never push workflow files",
            fix: fix("upstreamWorkflows: hold"),
          },
        ]
      : []),
  ];
}

/** The workflow's own token, which opens the pull request without an App, is answered 422 for teams (github-semantics.md §3.4). */
function teamsNeedAnApp({ credentials, pullRequest }: ValidParts): Finding[] {
  if (credentials === undefined || credentials === "github-app" || !pullRequest?.teamReviewers.length) return [];
  return [
    {
      path: ["pullRequest", "teamReviewers"],
      got: pullRequest.teamReviewers,
      expected: `nobody with ${credentials}: only a GitHub App with the permission "Members: read" may ask a team`,
      fix: 'write credentials: github-app, or name people under reviewers and the team under owners, as "@organisation/team"',
    },
  ];
}

/** Any rule on the target is a pull_request rule, which refuses our own commit of the document. */
function targetRulesRefuseCommits({ protection, delivery, branches }: ValidParts): Finding[] {
  if (!protection || protection.target === "none" || delivery !== "commit") return [];
  return [
    {
      path: ["delivery"],
      got: "commit",
      expected: `pull-request with rules on the target: they refuse commits to ${branches?.target ?? "it"}, ours too`,
      fix: "write delivery: pull-request, or protection.target: none",
    },
  ];
}

/** The sync pull request lands in one way, and the rules on the target have to leave it. */
function targetLeavesLanding({ protection, landing }: ValidParts): Finding[] {
  if (!protection || !landing || protection.target === "none") return [];
  const { mergeMethods } = protection.target;
  if (mergeMethods.includes(landing)) return [];
  const [other] = (["merge", "squash"] as const).filter((method) => mergeMethods.includes(method));
  return [
    {
      path: ["protection", "target", "mergeMethods"],
      got: mergeMethods,
      expected: `${landing} among them: with landing: ${landing} the sync pull request lands so`,
      fix: `write [${landing}]${other === undefined ? "" : `, or landing: ${other}`}`,
    },
  ];
}

/** A test plan that trusts the fork's files has to say which those are; commands may call anything. */
function trustedTestsAreNamed({ tests }: ValidParts): Finding[] {
  if (!tests || "checks" in tests) return [];
  if (tests.trusted === "fork" && trustedPaths(tests).length === 0) {
    return [
      {
        path: ["tests", "entry"],
        got: tests.entry,
        expected:
          "the files that are the fork's tests: with tests.run nothing says which of them to take from the target",
        fix: "write them, for example entry: [e2e, scripts/check.sh], or trusted: candidate",
      },
    ];
  }
  if (tests.trusted === "candidate" && tests.entry.length > 0) {
    return [
      {
        path: ["tests", "trusted"],
        got: tests.trusted,
        expected: "fork where tests.entry says what is taken from the target",
        fix: "write trusted: fork, or remove entry",
      },
    ];
  }
  return [];
}

/** Where the fork's own CI tests, it decides what it fetches and whose tests those are. */
function checksAreTheForks({ tests, branches, document }: ValidParts): Finding[] {
  if (!tests || !("checks" in tests)) return [];
  const { trusted, entry, submodules, lfs, keepGit } = tests;
  const set = Object.entries({ trusted: trusted === "fork", entry: entry.length > 0, submodules, lfs, keepGit });
  const branch = branches && `${branches.sync}-candidate`;
  const taken = [branches?.target, branches?.from, ...(document?.branches ?? [])].includes(branch);
  return [
    ...set.flatMap(([key, given]) =>
      given
        ? [
            {
              path: ["tests", key],
              got: tests[key as keyof typeof tests],
              expected: "no such key beside checks: the fork's own CI fetches what it tests",
              fix: "remove it, or write run: [commands] in place of checks",
            },
          ]
        : [],
    ),
    ...(taken
      ? [
          {
            path: ["branches"],
            got: branch,
            expected: "another name: with tests.checks candidates are pushed to this branch",
            fix: "rename it",
          },
        ]
      : []),
  ];
}

/** What GITHUB_TOKEN pushes starts no workflow, so that no check would ever report (github-semantics.md §3.2). */
function checksNeedAPush({ tests, credentials }: ValidParts): Finding[] {
  if (credentials !== "github-token" || !tests || !("checks" in tests)) return [];
  return [
    {
      path: ["tests", "checks"],
      got: tests.checks,
      expected: "compose or run with github-token: what it pushes starts no workflow",
      fix: "write credentials: deploy-key or github-app, or tests.run: [commands]",
    },
  ];
}

function namedOnce({ pullRequest, document, tests }: ValidParts): Finding[] {
  return [
    ...repeated(["pullRequest", "labels"], pullRequest?.labels ?? []),
    ...repeated(["pullRequest", "reviewers"], pullRequest?.reviewers ?? []),
    ...repeated(["pullRequest", "teamReviewers"], pullRequest?.teamReviewers ?? []),
    ...repeated(["tests", "checks"], tests && "checks" in tests ? tests.checks : [], (name) => name),
    ...repeated(["tests", "entry"], tests?.entry ?? [], (name) => name),
    ...repeated(["document", "branches"], document?.branches ?? [], (name) => name),
  ];
}

/** GitHub ignores case in labels, logins and teams; git does not in branches. */
function repeated(path: Path, names: readonly string[], key = (name: string) => name.toLowerCase()): Finding[] {
  return names.flatMap((name, n) =>
    names.findIndex((other) => key(other) === key(name)) < n
      ? [{ path: [...path, n], got: name, expected: "each name once", fix: "remove the second one" }]
      : [],
  );
}
