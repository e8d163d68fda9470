import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { pocketBoard } from "../../demo/pocket-board.ts";
import { standUp } from "../../demo/stand-up.ts";
import { moveUpstream, strike } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";
import { GitHubStandIn } from "../../lib/rehearsal/stand-in.ts";
import { actRefusal, runByAct, stripKeysActRefuses } from "../support/act.ts";

const path = process.env.PATH;
let folder: string;
let github: GitHubStandIn;
let world: World;
let workflow: string;

/** P6 of the process, as it was asked for. */
const asked = [
  ["compose", "-f", "docker-compose.test.yaml", "build"],
  ["compose", "-f", "docker-compose.test.yaml", "up", "-d"],
  ["compose", "-f", "docker-compose.test.yaml", "run", "--rm", "whatever-cypress"],
  ["compose", "-f", "docker-compose.test.yaml", "down", "-v"],
];

/** A `docker` that writes down its arguments, and fails the service while the file "fail" is there. */
function recordingDocker(bin: string): void {
  mkdirSync(bin);
  writeFileSync(
    join(bin, "docker"),
    `#!/bin/sh
printf '%s\\t' "$@" >>${folder}/docker.log && echo >>${folder}/docker.log
test "$4" != run || test ! -e ${folder}/fail
`,
  );
  chmodSync(join(bin, "docker"), 0o755);
}

function dockerCalls(): string[][] {
  if (!existsSync(join(folder, "docker.log"))) return [];
  const lines = readFileSync(join(folder, "docker.log"), "utf8").trimEnd().split("\n");
  return lines.map((line) => line.trimEnd().split("\t"));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-sync-runners-"));
  recordingDocker(join(folder, "bin"));
  process.env.PATH = `${join(folder, "bin")}:${path}`;
  github = await GitHubStandIn.start(join(folder, "github"));
  world = await standUp(github, folder, await pocketBoard(folder));
  const file = join(world.project, "upstream-sync.yaml");
  const config = parse(readFileSync(file, "utf8"));
  config.forks["acme/pocket-board"].tests = {
    compose: { file: "docker-compose.test.yaml", service: "whatever-cypress" },
  };
  writeFileSync(file, stringify(config));
  await world.upstreamSyncJson("credentials", "create");
  await world.upstreamSyncJson("apply", "--yes");
  await strike(world);
  const { data } = await world.rest(
    "administrator",
    "GET",
    `${world.forkPath}/contents/.github/workflows/upstream-sync.yml`,
  );
  workflow = Buffer.from(data.content, "base64").toString();
  await github.control("POST", "/snapshots", { name: "ready" });
}, 300_000);
afterAll(async () => {
  process.env.PATH = path;
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await github.control("POST", "/snapshots/ready/restore");
  for (const name of ["docker.log", "fail"]) rmSync(join(folder, name), { force: true });
});

interface Left {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly draft?: boolean;
  readonly head?: { readonly ref: string };
  readonly base?: { readonly ref: string };
  readonly user: { readonly login: string };
  readonly labels: readonly { readonly name: string }[];
  readonly requested_reviewers?: readonly { readonly login: string }[];
}

/** Every ref, and what people are told in pull requests and issues. Left out: numbers of runs, seconds, and the time of our empty commit. */
async function left() {
  const read = async (what: string) => (await world.rest("administrator", "GET", `${world.forkPath}${what}`)).data;
  const told = (one: Left) => ({
    number: one.number,
    title: one.title,
    body: one.body?.replaceAll(/(?<=\/actions\/runs\/)\d+|(?<=: passed, )\d+(?= s$)/gm, "N"),
    draft: one.draft,
    branches: [one.head?.ref, one.base?.ref],
    author: one.user.login,
    labels: one.labels.map(({ name }) => name),
    reviewers: one.requested_reviewers?.map(({ login }) => login),
  });
  const refs = await world.refs();
  const pulls = (await read("/pulls?state=all")).map(told);
  const issues = (await read("/issues?state=all")).map(told);
  let text = JSON.stringify({ refs, pulls, issues });
  for (const [ref, sha] of Object.entries(refs).filter(([name]) => name.includes("-conflict-"))) {
    const { message, parents, tree } = await read(`/git/commits/${sha}`);
    const content = [
      tree.sha,
      ...parents.map((parent: { sha: string }) => parent.sha),
      message.replace(/\d+$/, "N"),
    ].join(" ");
    text = text.replaceAll(sha, `commit of ${ref}: ${JSON.stringify(content).slice(1, -1)}`);
  }
  return JSON.parse(text);
}

async function byAct(): Promise<Record<string, string>> {
  const { text } = stripKeysActRefuses(workflow);
  const run = await runByAct(world, mkdtempSync(join(folder, "act-")), text);
  return { ...run.jobs };
}

describe("act, another implementation of GitHub Actions,", () => {
  test("takes the workflow once it is stripped of exactly the keys it does not know", async () => {
    const { text, stripped } = stripKeysActRefuses(workflow);
    expect(stripped).toEqual(["jobs.merge.environment.deployment", "jobs.finish.environment.deployment"]);
    const file = join(folder, "workflow.yml");
    writeFileSync(file, workflow);
    expect(await actRefusal(file)).toContain("Unknown Property deployment");
    writeFileSync(file, text);
    expect(await actRefusal(file)).toBe("");
  });

  test("brings upstream's news to the same refs and pull request as our runner", async () => {
    await moveUpstream(world, "moved");
    await github.control("POST", "/snapshots", { name: "moved" });
    expect((await strike(world)).record.outcome).toBe("promoted");
    const ours = await left();
    expect(dockerCalls()).toEqual(asked);
    await github.control("POST", "/snapshots/moved/restore");
    rmSync(join(folder, "docker.log"));
    expect(await byAct()).toEqual({ look: "success", merge: "success", test: "success", finish: "success" });
    expect(await left()).toEqual(ours);
    expect(dockerCalls()).toEqual(asked);
    expect(ours.pulls).toMatchObject([{ branches: ["sync/upstream", "dev"], author: "github-actions[bot]" }]);
  }, 120_000);

  test("meets a conflict with the same branch, pull request and issue", async () => {
    await moveUpstream(world, "edited");
    await github.control("POST", "/snapshots", { name: "conflicting" });
    expect((await strike(world)).record.outcome).toBe("conflict");
    const [ours, calls] = [await left(), dockerCalls()];
    await github.control("POST", "/snapshots/conflicting/restore");
    rmSync(join(folder, "docker.log"), { force: true });
    expect(await byAct()).toMatchObject({ look: "success", merge: "success", finish: "failure" });
    expect(await left()).toEqual(ours);
    expect(dockerCalls()).toEqual(calls);
    expect(ours.issues).toContainEqual(expect.objectContaining({ author: "github-actions[bot]" }));
  }, 120_000);
});

describe("the compose preset", () => {
  test("takes down also when the service fails, and then nothing moves", async () => {
    writeFileSync(join(folder, "fail"), "");
    const before = await world.refs();
    await moveUpstream(world, "moved");
    const run = await strike(world);
    expect([run.conclusion, run.record.outcome]).toEqual(["failure", "tests-failed"]);
    expect(dockerCalls()).toEqual(asked);
    expect(await world.refs()).toEqual(before);
  }, 60_000);
});
