/**
 * An upstream, its fork and the set-up in it, on the stand-in: as deploy leaves them, placed by GitHub's API and by git without
 * Terraform, which takes a second instead of ten. That Terraform leaves exactly this is shown by the end-to-end tests and the demo.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { resolveConfig } from "../../lib/config/resolve.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { createSealedDeployKey } from "../../lib/credentials/deploy-key.ts";
import {
  credentialsEnvironment,
  deployKeySecret,
  deployKeyTitle,
  upstreamTokenSecret,
} from "../../lib/credentials/names.ts";
import { type EnvironmentKey, sealedFor } from "../../lib/credentials/seal.ts";
import { rulesetsOf } from "../../lib/rehearsal/stage.ts";
import type { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { renderFiles } from "../../lib/render/files.ts";
import { type BareRepository, lines, openRepository } from "../sync/support/repository.ts";
import type { Keys, Scenario } from "./scenario.ts";

export interface People {
  /** Administers the fork. */
  readonly administrator: string;
  /** Writes to the fork. */
  readonly developer: string;
  /** May read a private upstream. */
  readonly upstream: string;
}

/** One stand-in for GitHub with everybody in it; forks come and are used side by side. */
export interface Stage {
  readonly github: GitHubStandIn;
  readonly people: People;
  /** For files of the scenarios themselves. */
  readonly folder: string;
}

export async function openStage(github: GitHubStandIn, folder: string): Promise<Stage> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const logins = { administrator: "ada-admin", developer: "dana-dev", upstream: "uma-upstream" } as const;
  for (const login of [...Object.values(logins), "devops-lead", "tech-lead"]) {
    await github.control("POST", "/owners", { login, type: "User", plan: "free" });
  }
  for (const login of ["acme", "up"]) {
    await github.control("POST", "/owners", { login, type: "Organization", plan: "team" });
  }
  const token = async (login: string): Promise<string> =>
    (await github.control("POST", "/tokens", { login })).data.token;
  return {
    github,
    folder,
    people: {
      administrator: await token(logins.administrator),
      developer: await token(logins.developer),
      upstream: await token(logins.upstream),
    },
  };
}

export interface Staged {
  readonly number: number;
  /** `acme/fork-7` and `up/app-7`. */
  readonly fork: { readonly owner: "acme"; readonly name: string; readonly git: BareRepository };
  readonly upstream: { readonly owner: "up"; readonly name: string; readonly git: BareRepository };
  readonly config: ForkConfig;
  /** The same as people write it. */
  readonly keys: Keys;
  /** The tests of a run wait while this file is there. */
  readonly hold: string;
}

/** Upstream and fork share one commit; on `dev` the fork has changed line 1 of `page.txt` and has a file of its own. */
export async function place(
  stage: Stage,
  number: number,
  scenario: Pick<Scenario, "config" | "bare">,
): Promise<Staged> {
  const { github } = stage;
  const fork = { owner: "acme", name: `fork-${number}` } as const;
  const upstream = { owner: "up", name: `app-${number}` } as const;
  const hold = join(stage.folder, `hold-${number}`);
  const keys = keysOf(stage, number, scenario.config);
  const config = configOf(keys, number);
  const visibility = config.upstream.private ? "private" : "public";
  await github.control("POST", "/repositories", { ...upstream, visibility, defaultBranch: "main" });
  const theirs = openRepository(join(github.folder, "repositories", "up", `${upstream.name}.git`));
  theirs.commit({ branch: "main", files: beginning(hold), message: "The first version" });
  await github.control("POST", "/repositories", { ...fork, parent: `up/${upstream.name}`, defaultBranch: "main" });
  const ours = openRepository(join(github.folder, "repositories", "acme", `${fork.name}.git`));
  const base = ours.ref("refs/heads/main") as string;
  ours.git("update-ref", "refs/heads/dev", base);
  ours.commit({
    branch: "dev",
    files: { "page.txt": lines({ 1: "the fork's line" }), "fork.txt": "the fork's own\n" },
  });
  await permit(stage, number, visibility === "private");
  if (!scenario.bare) {
    ours.git("update-ref", "refs/heads/sync/upstream", base);
    placeFiles(ours, config);
    await placeSetUp(stage, config);
  }
  return { number, fork: { ...fork, git: ours }, upstream: { ...upstream, git: theirs }, config, keys, hold };
}

function beginning(hold: string): Record<string, string> {
  return {
    "README.md": "An application\n",
    LICENSE: "MIT\n",
    "page.txt": lines(),
    "menu.txt": lines(),
    "cloud/client.txt": lines(),
    // Upstream's own tests: the program is broken when it says so.
    "tests.sh": `while [ -e '${hold}' ]; do sleep 0.05; done\ntest ! -e broken\n`,
  };
}

function standardConfig(url: string): Keys {
  return {
    upstream: { url, branch: "main" },
    tests: { run: ["sh tests.sh"], timeoutMinutes: 10 },
    pullRequest: { reviewers: ["devops-lead", "tech-lead"] },
    document: { branches: ["dev", "main"] },
  };
}

/** What a scenario wants on top of the standard. */
export function keysOf({ github }: Stage, number: number, wanted: Scenario["config"] = {}): Keys {
  const urlOf = (name: string) => github.gitUrl({ owner: "up", name });
  const standard = standardConfig(urlOf(`app-${number}`));
  const own = typeof wanted === "function" ? wanted({ upstreamUrl: standard.upstream.url, urlOf }) : wanted;
  return { ...standard, ...own, upstream: { ...standard.upstream, ...own.upstream } };
}

export function configOf(keys: Keys, number: number): ForkConfig {
  const result = resolveConfig({ version: 1, forks: { [`acme/fork-${number}`]: keys } });
  if (!result.ok) throw new Error(`the config of a scenario is refused: ${JSON.stringify(result.problems)}`);
  return result.config.forks[0] as ForkConfig;
}

/** Commits the files of the set-up as an apply does: workflow, program and owners to `main`, the document to `dev`. */
export function placeFiles(fork: BareRepository, config: ForkConfig): void {
  const { workflow, program, codeowners, document } = renderFiles(config);
  const managed = [workflow, program, ...(codeowners ? [codeowners] : [])];
  // The support writes bytes: a text goes in as the bytes of its UTF-8.
  const bytes = (content: string) => Buffer.from(content).toString("latin1");
  const files = Object.fromEntries(managed.map(({ path, content }) => [path, bytes(content)]));
  fork.commit({ branch: "main", files, message: "chore: upstream-sync" });
  const { target } = config.branches;
  fork.commit({ branch: target, files: { [document.path]: bytes(document.content) }, message: "docs: upstream-sync" });
}

async function permit({ github }: Stage, number: number, isPrivate: boolean): Promise<void> {
  const collaborator = (repository: string, login: string, permission: string) =>
    github.control("PUT", `/repositories/${repository}/collaborators/${login}`, { permission });
  await collaborator(`acme/fork-${number}`, "ada-admin", "admin");
  for (const login of ["dana-dev", "devops-lead", "tech-lead"])
    await collaborator(`acme/fork-${number}`, login, "write");
  if (isPrivate) await collaborator(`up/app-${number}`, "uma-upstream", "read");
}

/** Settings, labels, rules and credential, as the plan makes them. */
async function placeSetUp(stage: Stage, config: ForkConfig): Promise<void> {
  const base = `/repos/${config.repository}`;
  const ask = async (method: string, path: string, body?: unknown) => {
    const { status, data } = await stage.github.rest(stage.people.administrator, method, `${base}${path}`, body);
    if (status >= 300) throw new Error(`${method} ${base}${path}: ${status} ${JSON.stringify(data)}`);
    return data;
  };
  await ask("PUT", "/actions/permissions", { enabled: true, allowed_actions: "all" });
  await ask("PUT", "/actions/permissions/workflow", {
    default_workflow_permissions: "read",
    can_approve_pull_request_reviews: true,
  });
  await ask("PATCH", "", { has_issues: true });
  for (const name of [...config.pullRequest.labels, "accept-upstream-workflows", "pause-upstream-sync"]) {
    await ask("POST", "/labels", { name, color: "1d76db", description: "Managed by upstream-sync" });
  }
  for (const ruleset of rulesetsOf(config)) await ask("POST", "/rulesets", ruleset);
  if (config.credentials !== "deploy-key") return;
  const environment = `/environments/${credentialsEnvironment}`;
  await ask("PUT", environment, {
    deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
  });
  await ask("POST", `${environment}/deployment-branch-policies`, { name: "main" });
  const key: EnvironmentKey = await ask("GET", `${environment}/secrets/public-key`);
  const { publicKey, encrypted } = await createSealedDeployKey(key.key);
  await ask("POST", "/keys", { title: deployKeyTitle, key: publicKey, read_only: false });
  const secret = (name: string, value: string) =>
    ask("PUT", `${environment}/secrets/${name}`, { encrypted_value: value, key_id: key.key_id });
  await secret(deployKeySecret, encrypted);
  if (!config.upstream.private) return;
  const token = await sealedFor(key, upstreamTokenSecret, stage.people.upstream);
  await secret(upstreamTokenSecret, token.encrypted);
}
