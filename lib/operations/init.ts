/** Looks at a fork once, works out a config for it, and writes that with a CDKTF project around it; never over anything. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Finding, View } from "../checks/check.ts";
import { checks, upstreamOn } from "../checks/index.ts";
import { formatProblems } from "../config/problems.ts";
import { resolveConfig } from "../config/resolve.ts";
import type { ForkConfig } from "../config/schema.ts";
import { credentialsEnvironment } from "../credentials/names.ts";
import { InputFailure } from "../failure.ts";
import { repositoryOfClone } from "../fork/clone.ts";
import { type FactsWanted, type ForkFacts, readForkFacts, type Settings } from "../fork/facts.ts";
import { connectCounting, webUrl } from "../github.ts";
import {
  type Answers,
  type Choices,
  choose,
  composeFiles,
  likelyTargets,
  type Suggestion,
  suggestions,
} from "../init/choices.ts";
import { configText } from "../init/config-text.ts";
import { projectFiles } from "../init/project-files.ts";
import type { ProgressEvent } from "../progress.ts";
import { programPath, renderFiles, workflowPath } from "../render/files.ts";
import { readProgram } from "../render/template-source.ts";

/** What was seen of the fork, before anybody is asked. */
export interface Inspection {
  readonly facts: ForkFacts;
  readonly web: string;
  readonly suggestions: readonly Suggestion[];
  /** What is there already, and what becomes of it. */
  readonly found: readonly string[];
  readonly requests: number;
}

/**
 * @param options.repository `owner/name`; without it the folder has to be a clone of the fork.
 * @throws InputFailure when nobody says which fork, or its name is none.
 */
export async function* inspect(options: {
  readonly repository: string | undefined;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}): AsyncGenerator<ProgressEvent, Inspection> {
  const web = webUrl(options.env);
  const repository = options.repository ?? (await repositoryOfClone(options.folder, web));
  const [owner, name, ...more] = repository?.split("/") ?? [];
  if (!owner || !name || more.length > 0) {
    throw new InputFailure(
      `which fork? got ${repository ?? `no name, and ${options.folder} is no clone of a repository on ${web}`}, expected owner/name`,
      "upstream-sync init acme/open-webui, or run it in a clone of the fork",
    );
  }
  const { octokit, requests } = connectCounting(options.env);
  yield { fork: `${owner}/${name}`, text: "reading" };
  const facts = await readForkFacts(octokit, { owner, repo: name }, factsForInit);
  return { facts, web, suggestions: suggestions(facts), found: alreadyThere(facts), requests: requests() };
}

function factsForInit({ defaultBranch, parent }: Settings): FactsWanted {
  const [owner, name] = parent?.repository.split("/") ?? [];
  const atTheTop = [...composeFiles, "package.json", "Makefile"];
  return {
    branches: [...new Set(["sync/upstream", ...likelyTargets, defaultBranch])],
    files: [
      { key: "workflow", branch: "HEAD", path: workflowPath },
      { key: "program", branch: "HEAD", path: programPath },
      ...atTheTop.map((path) => ({ key: path, branch: "HEAD", path })),
    ],
    upstream: parent && owner && name ? { owner, name, branch: parent.defaultBranch } : undefined,
    upstreamFiles: [],
    codeownersBranch: defaultBranch,
    ruledBranches: [...likelyTargets, defaultBranch],
    environment: credentialsEnvironment,
  };
}

function alreadyThere({ branches, files, codeowners, rulesets }: ForkFacts): readonly string[] {
  const others = rulesets.told ? rulesets.value.filter(({ name }) => !name.startsWith("upstream-sync: ")) : [];
  return [
    ...(files.get("workflow") ? [`${workflowPath}: the fork was set up before`] : []),
    ...(branches.get("sync/upstream") ? ["branch sync/upstream: adopted, never reset"] : []),
    ...(codeowners.told && codeowners.value !== undefined ? ["CODEOWNERS: our lines are proposed, not written"] : []),
    ...(others.length > 0 ? [`rulesets ${others.map(({ name }) => `"${name}"`).join(", ")}: left alone`] : []),
  ];
}

export interface Proposal {
  readonly choices: Choices;
  /** Of the upstream-sync.yaml. */
  readonly text: string;
  readonly fork: ForkConfig;
  /** What stands in the way of the first apply, or is not told. */
  readonly findings: readonly (Finding & { readonly id: string; readonly title: string })[];
}

/** Checks whose facts are there before a config is. The others are `doctor`'s, once there is one. */
const early = [
  "token",
  "fork",
  "upstream",
  "actions",
  "issues",
  "plan",
  "drafts",
  "merge-method",
  "branches",
  "landing",
];

/** @throws InputFailure when the answers make no config, with every problem of it. */
export function propose({ facts, web }: Inspection, answers: Answers): Proposal {
  const choices = choose(facts, web, answers);
  if (choices.upstream.value === "" || choices.upstream.value === `${web}/.git`) {
    throw new InputFailure(
      `${choices.repository} is no fork to GitHub: got no upstream, expected one`,
      "pass --upstream owner/name, or an https:// address",
    );
  }
  const first = resolved(choices);
  const delivery = checks.find(({ id }) => id === "delivery")?.find(viewOf(facts, web, first));
  const final: Choices = delivery?.state === "not ok" ? { ...choices, delivery: "pull-request" } : choices;
  const fork = resolved(final);
  const view = viewOf(facts, web, fork);
  const followsParent = view.upstream?.toLowerCase() === facts.settings.parent?.repository.toLowerCase();
  const findings = checks
    .filter(({ id }) => early.includes(id) && (id !== "upstream" || followsParent))
    .map(({ id, title, find }) => ({ id, title, ...find(view) }))
    .filter(({ state }) => state !== "ok");
  return { choices: final, text: configText(final), fork, findings };
}

function resolved(choices: Choices): ForkConfig {
  const resolution = resolveConfig(configText(choices));
  if (!resolution.ok) {
    throw new InputFailure(
      formatProblems(resolution.problems, "upstream-sync.yaml as answered"),
      "nothing was written; answer again",
    );
  }
  return resolution.config.forks[0] as ForkConfig;
}

function viewOf(facts: ForkFacts, web: string, fork: ForkConfig): View {
  return {
    fork,
    facts,
    upstream: upstreamOn(web, fork.upstream),
    files: renderFiles(fork, readProgram()),
    credentials: undefined,
    clone: undefined,
    now: Date.now(),
  };
}

/** @returns name -> content of what will be written; the project only into a folder that has nothing in it. */
export function filesToWrite(configFile: string, { text }: Proposal): ReadonlyMap<string, string> {
  const folder = dirname(configFile);
  const isEmpty = !existsSync(folder) || readdirSync(folder).every((name) => name === ".git");
  return new Map([[basename(configFile), text], ...(isEmpty ? projectFiles() : [])]);
}

/** @throws InputFailure when there is a config already; it is not touched. */
export function refuseExisting(configFile: string): void {
  if (!existsSync(configFile)) return;
  throw new InputFailure(
    `${basename(configFile)} is there already, and is not written over`,
    "add the fork to it: `upstream-sync init OWNER/NAME --dry-run --yes` prints what to add below forks",
  );
}

export function writeFiles(configFile: string, files: ReadonlyMap<string, string>): void {
  const folder = dirname(configFile);
  mkdirSync(folder, { recursive: true });
  // "wx": a file that came meanwhile is an error, never overwritten.
  for (const [name, content] of files) writeFileSync(join(folder, name), content, { flag: "wx" });
}
