import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { packageRoot } from "../../lib/package-root.ts";
import { TeamFork } from "./support/team-fork.ts";

/** One fork, set up by a real apply; each test leaves it as it found it. */
let fork: TeamFork;

beforeAll(async () => {
  fork = await TeamFork.standUp();
  await fork.credentials();
  await fork.apply();
}, 120_000);

afterAll(() => fork.takeDown());

interface Criterion {
  readonly id: string;
  readonly state: string;
  readonly evidence: string;
}

function states(criteria: readonly Criterion[]): Record<string, string> {
  return Object.fromEntries(criteria.map(({ id, state }) => [id, state]));
}

const proved = {
  branch: "ok",
  protection: "ok",
  document: "ok",
  reviewers: "ok",
  training: "cannot tell",
  refusal: "ok",
  "clean-merge": "ok",
  "pull-request": "ok",
  conflict: "ok",
  resolution: "ok",
  manual: "ok",
};

const cli = join(packageRoot(), "dist/cli/main.js");
const env = () => ({
  ...process.env,
  GITHUB_TOKEN: fork.world.people.administrator,
  GITHUB_API_URL: fork.world.github.api,
  // What a killed one leaves on this machine goes with the fork.
  TMPDIR: fork.world.project,
});

/** As the guide has it, without the name of the binary. */
const [prove = [], clean = []] = [
  ...readFileSync(join(packageRoot(), "docs/guides/verify.md"), "utf8").matchAll(/^```sh\nupstream-sync (.+)\n```$/gm),
].map(([, words = ""]) => words.split(" "));

test("a set-up is proved with a killed verification in the way, and the fork is afterwards as it was before", async () => {
  const { world } = fork;
  const before = await fork.snapshot();

  // Killed in the first run of the workflow: everything it has made by then stays.
  const killed = spawn("node", [cli, "verify", "--yes"], { cwd: world.project, env: env(), stdio: "pipe" });
  for await (const text of killed.stderr.setEncoding("utf8")) if (/look: started/.test(text)) break;
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const left = fork.changed(before, await fork.snapshot());
  expect(left).toEqual(
    expect.arrayContaining(["rulesets", expect.stringMatching(/^refs\/heads\/upstream-sync-verify\//)]),
  );

  const { exitCode, stderr } = await world.upstreamSync(...prove, "--probe", "--json");
  expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
  expect(stderr).toContain("takes away what an earlier one left:");
  const { ok, forks } = JSON.parse(world.printed.at(-2) ?? "");
  expect([ok, states(forks[0].criteria), forks[0].left]).toEqual([true, proved, []]);
  expect(fork.changed(before, await fork.snapshot())).toEqual([]);

  // What GitHub's stand-in answers; U1 and U3 need workflows that start on a push, which it has not.
  expect(forks[0].probes.map(({ id, answer }: { id: string; answer: string }) => `${id} ${answer}`)).toEqual([
    ...["U1 cannot tell", "U2 yes", "U3 cannot tell", "U5 cannot tell", "U6 no", "U8 cannot tell"],
  ]);
  const [markdown = "", json = ""] = forks[0].reports.map((path: string) => join(world.project, path));
  expect(readFileSync(markdown, "utf8")).toMatch(/\| a conflict settled by hand ends \| ok \|/);
  expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ ok: true, repository: world.forkName });

  // The runs of a verification are nobody's news.
  const { forks: seen } = await world.upstreamSyncJson("status");
  expect(seen[0].runs).toEqual([]);
}, 120_000);

test("a stop takes everything away; without gate and key the set-up is not proved, and says where", async () => {
  const { world } = fork;
  const before = await fork.snapshot();
  const stopped = spawn("node", [cli, "verify", "--yes", "--json"], { cwd: world.project, env: env(), stdio: "pipe" });
  let printed = "";
  stopped.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  let stopping = false;
  stopped.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (!stopping && /look: started/.test(text)) stopping = stopped.kill("SIGINT");
  });
  const [code] = await once(stopped, "close");
  const [cut] = JSON.parse(printed).forks;
  expect([code, cut.ok, cut.failure, cut.left]).toEqual([1, false, "it was interrupted (run it again)", []]);
  expect(fork.changed(before, await fork.snapshot())).toEqual([]);
  expect((await world.upstreamSync(...clean)).stdout).toContain("nothing is left of a verification");

  const rulesets: { id: number; name: string }[] = await fork.team("GET", "/rulesets");
  await fork.team("DELETE", `/rulesets/${rulesets.find(({ name }) => name === "upstream-sync: gate")?.id}`);
  const keys: { id: number }[] = await fork.team("GET", "/keys");
  await fork.team("DELETE", `/keys/${keys[0]?.id}`);
  const broken = await fork.snapshot();
  const { exitCode, stdout } = await world.upstreamSync(...prove, "--json");
  const [result] = JSON.parse(stdout).forks;
  expect([exitCode, states(result.criteria)]).toEqual([
    3,
    {
      ...proved,
      ...{ protection: "not ok", refusal: "not ok", "clean-merge": "not ok", "pull-request": "not ok" },
      ...{ conflict: "cannot tell", resolution: "cannot tell", manual: "cannot tell" },
    },
  ]);
  expect(result.criteria.find(({ id }: Criterion) => id === "refusal").evidence).toContain("a push to a branch");
  expect(fork.changed(broken, await fork.snapshot())).toEqual([]);

  // And where the set-up is gone, what a killed one left could still be taken away.
  const workflow = "/contents/.github/workflows/upstream-sync.yml";
  const { sha } = await fork.team("GET", workflow);
  await fork.team("DELETE", workflow, { message: "chore: no more syncs", sha, branch: "main" });
  expect((await world.upstreamSync(...clean)).stdout).toContain("nothing is left of a verification");
  const refused = await world.upstreamSync(...prove);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("has no workflow")]);
}, 90_000);
