/** What a new config says, worked out of what the fork is like: five questions, each with a suggestion and the reason for it. Pure. */
import type { ForkFacts } from "../fork/facts.ts";

export const questions = ["upstream", "target", "tests", "reviewers", "credentials"] as const;
export type Question = (typeof questions)[number];

/** Answers as people give them, at the prompt or as flags; what is missing is suggested. */
export interface Answers {
  /** `owner/name`, or an address. */
  readonly upstream?: string | undefined;
  readonly target?: string | undefined;
  readonly from?: string | undefined;
  readonly sync?: string | undefined;
  /** Commands, or one `compose:FILE:SERVICE`. */
  readonly tests?: readonly string[] | undefined;
  readonly reviewers?: readonly string[] | undefined;
  readonly credentials?: string | undefined;
}

export interface Suggestion {
  readonly question: Question;
  readonly text: string;
  /** What is taken when people only press Return; empty when there is none. */
  readonly suggested: string;
  readonly why: string;
}

/** Branches teams land on before the default branch, by how often one meets them. */
const landingBranches = ["dev", "develop", "development", "next", "staging"];
/** And those a text travels on the way from there. */
const middleBranches = ["test", "staging", "qa"];

/** Rules of these are asked for before anybody has chosen a target. */
export const likelyTargets: readonly string[] = landingBranches.slice(0, 2);

export const composeFiles = [
  "docker-compose.test.yaml",
  "docker-compose.test.yml",
  "compose.test.yaml",
  "compose.test.yml",
] as const;

export function suggestions(facts: ForkFacts): readonly Suggestion[] {
  const { parent, defaultBranch, repository } = facts.settings;
  const target = suggestedTarget(facts);
  const tests = suggestedTests(facts);
  return [
    {
      question: "upstream",
      text: "Which project does the fork follow (owner/name, or an https:// address)?",
      suggested: parent?.repository ?? "",
      why: parent
        ? `${repository} was forked from it`
        : `to GitHub ${repository} is no fork, so it cannot be looked up`,
    },
    {
      question: "target",
      text: "Which branch do upstream's changes land on, by pull request?",
      suggested: target,
      why:
        target === defaultBranch
          ? "the fork has no branch dev or develop, so it is the default branch"
          : `the team's work lands there before it reaches ${defaultBranch}`,
    },
    {
      question: "tests",
      text: "What has to pass before anything moves (a command, or compose:FILE:SERVICE)?",
      suggested: tests.answer,
      why: tests.why,
    },
    {
      question: "reviewers",
      text: "Who is asked to review (logins, separated by commas)?",
      suggested: "",
      why: "nobody is asked unless you name somebody; they need the right to write",
    },
    {
      question: "credentials",
      text: "What does the workflow push with (deploy-key, github-app, github-token)?",
      suggested: "deploy-key",
      why: "a key for this one repository, sealed for one environment; an App is for teams as reviewers and for CI without a click",
    },
  ];
}

function suggestedTarget({ settings, branchNames }: ForkFacts): string {
  return landingBranches.find((name) => branchNames.includes(name)) ?? settings.defaultBranch;
}

function suggestedTests(facts: ForkFacts): { readonly answer: string; readonly why: string } {
  const compose = composeFiles.find((path) => facts.files.get(path) !== undefined);
  if (compose !== undefined) {
    const service = serviceOf(facts.files.get(compose)?.text ?? "");
    if (service !== undefined) return { answer: `compose:${compose}:${service}`, why: `${compose} has that service` };
  }
  const manifest = facts.files.get("package.json")?.text;
  if (manifest !== undefined && hasTestScript(manifest)) {
    return { answer: packageTests(facts.topNames), why: "package.json has a script for it" };
  }
  if (/^test:/m.test(facts.files.get("Makefile")?.text ?? ""))
    return { answer: "make test", why: "the Makefile has that target" };
  return {
    answer: "compose:docker-compose.test.yaml:whatever-cypress",
    why: "nothing to run was found in the fork: add that file, or answer with a command",
  };
}

/** A service that looks like tests, of those a compose file has; read by its shape, since any YAML may be in there. */
function serviceOf(text: string): string | undefined {
  const block =
    /^services:[ \t]*\n(?<services>(?:[ \t]+.*\n|[ \t]*#.*\n|\n)*)/m.exec(`${text}\n`)?.groups?.services ?? "";
  const indent = /^(?<indent> +)\S/m.exec(block)?.groups?.indent ?? "";
  const names = [...block.matchAll(/^(?<indent> +)(?<name>[A-Za-z0-9._-]+):/gm)]
    .filter(({ groups }) => groups?.indent === indent)
    .map(({ groups }) => groups?.name as string);
  return names.find((name) => /cypress|e2e|playwright|test/i.test(name));
}

/** With the package manager whose lock file is there. */
function packageTests(topNames: readonly string[]): string {
  if (topNames.includes("pnpm-lock.yaml")) return "corepack enable && pnpm install --frozen-lockfile && pnpm test";
  if (topNames.includes("yarn.lock")) return "corepack enable && yarn install --frozen-lockfile && yarn test";
  return topNames.includes("package-lock.json") ? "npm ci && npm test" : "npm install && npm test";
}

/** `npm init` writes a script that only fails. */
function hasTestScript(manifest: string): boolean {
  try {
    const test: unknown = JSON.parse(manifest)?.scripts?.test;
    return typeof test === "string" && !/no test specified/.test(test);
  } catch {
    return false;
  }
}

export interface Choices {
  readonly repository: string;
  /** As it stands in the config: `owner/name` on github.com, else an address. */
  readonly upstream: { readonly key: "repository" | "url"; readonly value: string; readonly branch: string };
  readonly upstreamPrivate: boolean;
  readonly branches: { readonly sync: string; readonly from: string; readonly target: string };
  readonly tests:
    | { readonly compose: { readonly file: string; readonly service: string } }
    | { readonly run: readonly string[] };
  readonly reviewers: readonly string[];
  readonly credentials: string;
  readonly delivery: "commit" | "pull-request";
  /** Branches the document travels, latest first. */
  readonly documentBranches: readonly string[];
}

/**
 * @param web address of the server that people see: an upstream there is found by its name.
 * @param answers with everything the suggestions left open.
 */
export function choose(facts: ForkFacts, web: string, answers: Answers): Choices {
  const { settings, branchNames } = facts;
  const suggested = new Map(suggestions(facts).map((one) => [one.question, one.suggested]));
  const upstream = answers.upstream ?? suggested.get("upstream") ?? "";
  const { parent, defaultBranch } = settings;
  const isParent = parent !== undefined && sameName(upstream, parent.repository, web);
  const target = answers.target ?? suggestedTarget(facts);
  const from = answers.from ?? defaultBranch;
  const between = middleBranches.filter((name) => branchNames.includes(name) && ![target, from].includes(name));
  return {
    repository: settings.repository,
    upstream: { ...addressOf(upstream, web), branch: isParent ? parent.defaultBranch : "main" },
    upstreamPrivate: isParent && parent.private,
    branches: { sync: answers.sync ?? freeSyncBranch(branchNames), from, target },
    tests: testsOf(answers.tests ?? [suggested.get("tests") as string]),
    reviewers: answers.reviewers ?? [],
    credentials: answers.credentials ?? "deploy-key",
    delivery: "commit",
    documentBranches: [...new Set([target, ...between, from])],
  };
}

function sameName(answer: string, repository: string, web: string): boolean {
  const bare = answer.startsWith(`${web}/`) ? answer.slice(web.length + 1).replace(/(?:\.git)?\/?$/, "") : answer;
  return bare.toLowerCase() === repository.toLowerCase();
}

function addressOf(upstream: string, web: string): Pick<Choices["upstream"], "key" | "value"> {
  if (upstream.includes("://")) return { key: "url", value: upstream };
  if (web === "https://github.com") return { key: "repository", value: upstream };
  return { key: "url", value: `${web}/${upstream}.git` };
}

/** git cannot keep a branch `sync` beside a branch `sync/upstream`. */
function freeSyncBranch(branchNames: readonly string[]): string {
  return branchNames.includes("sync") ? "upstream-sync" : "sync/upstream";
}

function testsOf(answers: readonly string[]): Choices["tests"] {
  const [only = ""] = answers;
  const compose = answers.length === 1 ? /^compose:(?<file>[^:]+):(?<service>[^:]+)$/.exec(only)?.groups : undefined;
  return compose ? { compose: { file: compose.file as string, service: compose.service as string } } : { run: answers };
}
