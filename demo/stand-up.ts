/** Stands up accounts, repositories and the user's project folder. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { GitHubStandIn } from "../lib/rehearsal/stand-in.ts";
import { forkKeys, writeConfig } from "./config-file.ts";
import type { Setting } from "./setting.ts";
import { World } from "./world.ts";

export async function standUp(github: GitHubStandIn, folder: string, setting: Setting): Promise<World> {
  const { fork, upstream } = setting;
  for (const [login, type] of [
    ["ada-admin", "User"],
    ["dana-dev", "User"],
    ["devops-lead", "User"],
    ["tech-lead", "User"],
    [upstream.owner, "Organization"],
    ["uma-upstream", "User"],
    [fork.owner, "Organization"],
  ]) {
    await github.control("POST", "/owners", { login, type, plan: "free" });
  }
  await github.control("POST", "/repositories", {
    owner: upstream.owner,
    name: upstream.name,
    git: upstream.git,
    defaultBranch: upstream.branch,
  });
  await github.control("POST", "/repositories", {
    owner: fork.owner,
    name: fork.name,
    git: fork.git,
    parent: `${upstream.owner}/${upstream.name}`,
    defaultBranch: fork.branches.from,
  });
  const permit = (repository: { owner: string; name: string }, login: string, permission: string) =>
    github.control("PUT", `/repositories/${repository.owner}/${repository.name}/collaborators/${login}`, {
      permission,
    });
  await permit(fork, "ada-admin", "admin");
  for (const login of ["dana-dev", "devops-lead", "tech-lead"]) await permit(fork, login, "write");
  await permit(upstream, "uma-upstream", "admin");
  const token = async (login: string): Promise<string> =>
    (await github.control("POST", "/tokens", { login })).data.token;

  // A fork that has lived for a while: its team switched Actions and issues on long ago (a fresh fork starts with them off).
  const administrator = await token("ada-admin");
  await github.rest(administrator, "PUT", `/repos/${fork.owner}/${fork.name}/actions/permissions`, {
    enabled: true,
    allowed_actions: "all",
  });
  await github.rest(administrator, "PATCH", `/repos/${fork.owner}/${fork.name}`, { has_issues: true });

  const project = join(folder, "project");
  mkdirSync(project, { mode: 0o700 });
  writeConfig(project, { [`${fork.owner}/${fork.name}`]: forkKeys(github, setting, fork) });
  return new World(
    github,
    setting,
    {
      administrator,
      developer: await token("dana-dev"),
      reviewer: await token("devops-lead"),
      upstream: await token("uma-upstream"),
    },
    project,
  );
}
