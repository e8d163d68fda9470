import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { moveUpstream } from "../../demo/workflow-run.ts";
import type { World } from "../../demo/world.ts";
import { TeamFork } from "./support/team-fork.ts";

let fork: TeamFork;
let world: World;

beforeAll(async () => {
  fork = await TeamFork.standUp();
  ({ world } = fork);
  await world.upstreamSyncJson("credentials", "create");
}, 60_000);

afterAll(() => fork.takeDown());

test("a plan is saved, refused once it no longer fits, and applied exactly as it was", async () => {
  const config = join(world.project, "upstream-sync.yaml");
  const before = readFileSync(config, "utf8");
  const planned = await world.upstreamSync("plan", "--out", "review.plan", "--exit-code");
  expect(planned.exitCode).toBe(4);
  expect(planned.stdout).toContain("! permission is raised: deploy key upstream-sync may write to the repository");
  expect(statSync(join(world.project, "review.plan")).mode & 0o777).toBe(0o600);

  writeFileSync(config, before.replace("timeoutMinutes: 10", "timeoutMinutes: 11"));
  const changed = await world.upstreamSync("apply", "review.plan", "--yes");
  expect([changed.exitCode, changed.stderr]).toEqual([
    1,
    expect.stringContaining("review.plan does not fit any more: what acme/pocket-board gets has changed since"),
  ]);
  writeFileSync(config, before);

  const applied = await world.upstreamSync("apply", "review.plan", "--yes");
  expect([applied.exitCode, applied.stdout.split("\n").slice(-2)]).toEqual([
    0,
    [expect.stringMatching(/^acme\/pocket-board: proved: a plan right after finds nothing to change/), "apply: done"],
  ]);
  const again = await world.upstreamSync("apply", "review.plan", "--yes");
  expect([again.exitCode, again.stderr]).toEqual([
    1,
    expect.stringContaining("nothing was applied: the state has moved since the plan was made"),
  ]);
  expect((await world.upstreamSync("plan", "--exit-code")).exitCode).toBe(0);
}, 90_000);

test("another file is not taken for a plan", async () => {
  const result = await world.upstreamSync("apply", "upstream-sync.yaml", "--yes");
  expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining("upstream-sync.yaml is no saved plan")]);
});

test("sync starts a run, follows it and ends as the run did; status shows it afterwards", async () => {
  const idle = await world.upstreamSync("sync", "--json");
  expect(idle.exitCode).toBe(0);
  expect(JSON.parse(idle.stdout).forks[0].record.outcome).toBe("up-to-date");
  expect(idle.stderr).toContain("acme/pocket-board: look: Look: success\n");

  await moveUpstream(world, "moved");
  const promoted = await world.upstreamSync("sync");
  expect([promoted.exitCode, promoted.stdout]).toEqual([
    0,
    expect.stringMatching(
      /^acme\/pocket-board: promoted: tests passed\n {2}pull request: http.*\/pull\/1\n {2}run: http/,
    ),
  ]);

  await moveUpstream(world, "broken");
  const failed = await world.upstreamSync("sync");
  expect([failed.exitCode, failed.stdout]).toEqual([1, expect.stringContaining("  failed: test, Test: ")]);

  const { forks } = await world.upstreamSyncJson("status");
  expect(forks[0].runs.map((run: { record: { outcome: string } }) => run.record.outcome)).toEqual([
    "tests-failed",
    "promoted",
    "up-to-date",
  ]);
  expect(forks[0]).toMatchObject({
    workflow: "as configured",
    pullRequest: { number: 1, state: "open", checks: "success" },
  });
}, 90_000);

test("a destroy names what has not landed before it asks, and leaves a report", async () => {
  const asked = await world.upstreamSync("destroy");
  expect(asked.exitCode).toBe(2);
  expect(asked.stdout).toContain("    - deploy key upstream-sync\n");
  expect(asked.stdout).toMatch(
    / {2}kept:\n[\s\S]*\. the commits of .*: \d+ commits on sync\/upstream of acme\/pocket-board have not/,
  );

  // As a run left them that died while the fork's own CI tested its candidate.
  const sha = (await world.refs())["refs/heads/dev"];
  for (const ref of ["refs/heads/sync/upstream-candidate", "refs/upstream-sync/candidate/7"])
    expect((await world.rest("administrator", "POST", `${world.forkPath}/git/refs`, { ref, sha })).status).toBe(201);

  const before = await world.refs();
  const { forks } = await world.upstreamSyncJson("destroy", "--yes");
  expect(forks[0].removal.removed).toContain("branch sync/upstream-candidate");
  expect(Object.keys(await world.refs()).filter((ref) => /candidate|refs\/upstream-sync/.test(ref))).toEqual([]);
  const [name, ...others] = readdirSync(join(world.project, "reports"));
  expect([forks[0].report, others]).toEqual([`reports/${name}`, []]);
  expect(name).toMatch(/^rollback-acme--pocket-board-\d{4}-\d\d-\d\dT\d{6}Z\.md$/);
  const report = readFileSync(join(world.project, "reports", name as string), "utf8");
  const tip = before["refs/heads/sync/upstream"];
  const backup = forks[0].removal.kept[0].as;
  expect(report).toContain("- file .github/workflows/upstream-sync.yml on main\n");
  expect(report).toContain(`| \`refs/heads/sync/upstream\` | \`${tip}\` | (none) |`);
  expect(report).toContain(`| \`refs/heads/${backup}\` | (none) | \`${tip}\` |`);
}, 60_000);
