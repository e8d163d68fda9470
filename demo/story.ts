/** The story, step by step. Each step does one thing a person or GitHub does, checks what came of it, and says it in a line. */
import { check, checkEqual } from "./check.ts";
import { differences, snapshotFork } from "./fork-snapshot.ts";
import { git } from "./git.ts";
import type { LogEntry } from "./github-stand-in.ts";
import { findSecret } from "./secret-search.ts";
import type { Run, World } from "./world.ts";

export interface Step {
  readonly name: string;
  /** Does it, checks it, and tells what was seen. */
  run(world: World): Promise<string>;
}

const isWrite = (entry: LogEntry) => !["GET", "HEAD"].includes(entry.method) && entry.git === null;
const lookUps = (log: readonly LogEntry[]) => log.filter((entry) => entry.git?.operation === "look-up");
const packs = (log: readonly LogEntry[]) =>
  log.filter((entry) => entry.git?.operation === "fetch" || entry.git?.operation === "push");
/** What the run cost, on the wire. The demo's own look at the result is not in it. */
function traffic(log: readonly LogEntry[]): string {
  const bytes = log.reduce((sum, entry) => sum + entry.requestBytes + entry.responseBytes, 0);
  return `${log.length} requests, ${(bytes / 1000).toFixed(1)} kB`;
}

const short = (sha: string) => sha.slice(0, 9);

export const story: readonly Step[] = [
  {
    name: "look at the fork",
    async run(world) {
      world.before = await snapshotFork(world.github, world.fork, world.people.administrator);
      const branches = Object.keys(world.before).filter((thing) => thing.startsWith("refs/heads/"));
      check(branches.length > 0, "the fork to have branches", world.before);
      checkEqual(world.before["refs/heads/sync/upstream"], undefined, "the sync branch before the set-up");
      return `${world.fork.owner}/${world.fork.name}, a fork of ${world.setting.upstream.owner}/${world.setting.upstream.name}: ${branches.map((ref) => ref.slice(11)).join(", ")}`;
    },
  },
  {
    name: "make the credential",
    async run(world) {
      const { credentials } = await world.upstreamSyncJson("credentials", "create");
      return `${credentials[0].path}: public half and ciphertext`;
    },
  },
  {
    name: "plan",
    async run(world) {
      const { next } = await world.github.log(0);
      const { forks } = await world.upstreamSyncJson("plan");
      const { create, update, delete: removed } = forks[0].summary;
      check(create > 0 && update === 0 && removed === 0, "a plan that only creates", forks[0].summary);
      checkEqual((await world.github.log(next)).entries.filter(isWrite), [], "writes during a plan");
      return `${create} to create, nothing written`;
    },
  },
  {
    name: "apply",
    async run(world) {
      const { forks } = await world.upstreamSyncJson("apply", "--yes");
      const refs = await world.refs();
      checkEqual(
        refs["refs/heads/sync/upstream"],
        world.before[`refs/heads/${world.fork.branches.from}`],
        "the sync branch's tip",
      );
      const rulesets = (await world.rest("administrator", "GET", `${world.forkPath}/rulesets`)).data;
      checkEqual(
        rulesets.map((one: { name: string }) => one.name).sort(),
        ["upstream-sync: gate", "upstream-sync: history"],
        "rulesets",
      );
      return `${forks[0].summary.create} created`;
    },
  },
  {
    name: "plan again is empty",
    async run(world) {
      const { forks } = await world.upstreamSyncJson("plan");
      checkEqual(forks[0].changes, [], "changes");
      return "no changes";
    },
  },
  {
    name: "a person's push to the sync branch is refused",
    async run(world) {
      const { fork } = world;
      const before = (await world.refs())["refs/heads/sync/upstream"];
      const pushed = await git(
        fork.git,
        ["push", world.github.gitUrl(fork), `${fork.branches.target}:refs/heads/sync/upstream`],
        {
          token: world.people.administrator,
          allowFailure: true,
        },
      );
      check(
        !pushed.ok && pushed.stderr.includes("GH013: Repository rule violations found for refs/heads/sync/upstream"),
        "a refusal in GitHub's words",
        pushed.stderr,
      );
      const written = await world.rest("administrator", "PUT", `${world.forkPath}/contents/hello.txt`, {
        message: "hello",
        content: Buffer.from("hello\n").toString("base64"),
        branch: "sync/upstream",
      });
      checkEqual(written.status, 409, "status of a write by the contents API");
      check(/Changes must be made through a pull request/.test(written.data.message), "GitHub's words", written.data);
      checkEqual((await world.refs())["refs/heads/sync/upstream"], before, "the sync branch");
      return "GH013 for a push, 409 for the contents API";
    },
  },
  {
    name: "the first run writes down where the fork stands",
    async run(world) {
      const run = await world.strike();
      checkOutcome(run, "success", "up-to-date");
      checkEqual(
        (await world.refs())["refs/upstream-sync/main/synced"],
        world.setting.upstream.start,
        "the recorded upstream commit",
      );
      return run.record.reason;
    },
  },
  {
    name: "the schedule fires: idle by two look-ups",
    run: idle,
  },
  {
    name: "upstream moves: merged, tested, promoted, one pull request",
    async run(world) {
      const { branches } = world.fork;
      const before = await world.refs();
      const upstream = await world.moveUpstream("moved");
      const run = await world.strike();
      checkOutcome(run, "success", "promoted");

      const after = await world.refs();
      const tip = after["refs/heads/sync/upstream"] as string;
      checkEqual(run.record.sync.after, tip, "the record's sync tip");
      checkEqual(after[`refs/heads/${branches.target}`], before[`refs/heads/${branches.target}`], "the target branch");
      await git(world.fork.git, [
        "fetch",
        "--quiet",
        world.github.gitUrl(world.fork),
        "+refs/heads/*:refs/demo/live/*",
      ]);
      for (const parent of [before["refs/heads/sync/upstream"], before[`refs/heads/${branches.target}`], upstream]) {
        const contained = await git(world.fork.git, ["merge-base", "--is-ancestor", parent as string, tip], {
          allowFailure: true,
        });
        check(contained.ok, `the sync branch to contain ${parent}`);
      }
      checkEqual(
        Object.keys(after).filter((ref) => ref.includes("/candidate/")),
        [],
        "candidate refs left over",
      );

      const pulls = (await world.rest("developer", "GET", `${world.forkPath}/pulls?state=open`)).data;
      checkEqual(pulls.length, 1, "open pull requests");
      const pull = (await world.rest("developer", "GET", `${world.forkPath}/pulls/${pulls[0].number}`)).data;
      checkEqual(
        [pull.head.ref, pull.base.ref, pull.head.sha],
        ["sync/upstream", branches.target, tip],
        "the pull request's ends",
      );
      checkEqual(pull.mergeable, true, "mergeable");
      checkEqual(
        pull.labels.map((label: { name: string }) => label.name),
        ["upstream-sync"],
        "labels",
      );
      checkEqual(
        pull.requested_reviewers.map((user: { login: string }) => user.login).sort(),
        ["devops-lead", "tech-lead"],
        "reviewers",
      );
      for (const fact of [upstream, tip, world.setting.tests[0] as string]) {
        check(pull.body.includes(fact), `the body to name ${fact}`, pull.body);
      }
      const status = (await world.rest("developer", "GET", `${world.forkPath}/commits/${tip}/status`)).data;
      checkEqual(
        status.statuses.map((one: { context: string; state: string }) => [one.context, one.state]),
        [["upstream-sync/tests", "success"]],
        "status of the tested commit",
      );
      const upstreamWrites = run.log.filter(
        (entry) =>
          entry.path.includes(`${world.setting.upstream.owner}/`) &&
          (isWrite(entry) || entry.git?.operation === "push"),
      );
      checkEqual(upstreamWrites, [], "writes to the upstream");
      return `${short(before["refs/heads/sync/upstream"] as string)} -> ${short(tip)}, pull request #${pull.number} "${pull.title}"; ${traffic(run.log)}`;
    },
  },
  {
    name: "the team lands it by a merge commit",
    async run(world) {
      const [pull] = (await world.rest("reviewer", "GET", `${world.forkPath}/pulls?state=open`)).data;
      await world.rest("reviewer", "POST", `${world.forkPath}/pulls/${pull.number}/reviews`, { event: "APPROVE" });
      const merged = await world.rest("reviewer", "PUT", `${world.forkPath}/pulls/${pull.number}/merge`, {
        merge_method: "merge",
        sha: pull.head.sha,
      });
      checkEqual([merged.status, merged.data.merged], [200, true], "the merge");
      const refs = await world.refs();
      checkEqual(refs[`refs/heads/${world.fork.branches.target}`], merged.data.sha, "the target's tip");
      check(refs["refs/heads/sync/upstream"] !== undefined, "the sync branch to live on");
      await git(world.fork.git, [
        "fetch",
        "--quiet",
        world.github.gitUrl(world.fork),
        "+refs/heads/*:refs/demo/live/*",
      ]);
      const trees = await git(world.fork.git, ["rev-parse", `${merged.data.sha}^{tree}`, `${pull.head.sha}^{tree}`]);
      const [landed, tested] = trees.stdout.split("\n");
      checkEqual(landed, tested, "the landed tree against the tested tree");
      return `${short(merged.data.sha)} on ${world.fork.branches.target}: the tree that was tested`;
    },
  },
  {
    name: "idle again",
    run: idle,
  },
  {
    name: "upstream breaks the tests: nothing moves",
    async run(world) {
      const before = await world.refs();
      await world.moveUpstream("broken");
      const run = await world.strike();
      checkOutcome(run, "failure", "tests-failed");
      checkEqual(await world.refs(), before, "the fork's refs");
      const failed = run.record.tests.filter((one: { ok: boolean }) => !one.ok);
      check(failed.length > 0, "the record to name the failed test", run.record.tests);
      return failed.map((one: { name: string }) => one.name).join(", ");
    },
  },
  {
    name: "upstream conflicts with the fork: nothing moves, the paths are named",
    async run(world) {
      const before = await world.refs();
      await world.moveUpstream("conflicting");
      const run = await world.strike();
      checkOutcome(run, "failure", "conflict");
      check(run.record.conflicts.length > 0, "the record to name the conflicts", run.record);
      checkEqual(await world.refs(), before, "the fork's refs");
      return run.record.conflicts
        .map((one: { path: string; side: string }) => `${one.path} (with ${one.side})`)
        .join(", ");
    },
  },
  {
    name: "upstream cannot be reached: red, never green",
    async run(world) {
      const { upstream } = world.setting;
      const before = await world.refs();
      await world.github.control("POST", "/faults", {
        route: `GET /${upstream.owner}/${upstream.name}.git/info/refs`,
        status: 503,
        times: 10,
      });
      const run = await world.strike();
      await world.github.control("DELETE", "/faults");
      checkOutcome(run, "failure", "stopped");
      checkEqual(await world.refs(), before, "the fork's refs");
      return run.record.reason;
    },
  },
  {
    name: "the private key is nowhere but sealed",
    async run(world) {
      const searched = await findSecret(world);
      checkEqual(searched.found, [], "places that hold the key");
      return `${searched.files} files and everything printed searched`;
    },
  },
  {
    name: "destroy",
    async run(world) {
      const { forks } = await world.upstreamSyncJson("destroy", "--yes");
      const { create, update, delete: removed } = forks[0].summary;
      check(create === 0 && update === 0 && removed > 0, "a plan that only removes", forks[0].summary);
      return `${removed} removed`;
    },
  },
  {
    name: "the fork compared with before",
    async run(world) {
      const after = await snapshotFork(world.github, world.fork, world.people.administrator);
      const found = differences(world.before, after);
      const own = [world.fork.branches.from, world.fork.branches.target].map((branch) => `refs/heads/${branch}`);
      // What people landed stays, and so do the sync program's own refs: they name commits, and moving on from them is safe.
      const unexpected = found.filter(({ thing }) => !own.includes(thing) && !thing.startsWith("refs/upstream-sync/"));
      checkEqual(unexpected, [], "differences");
      for (const branch of new Set([world.fork.branches.from, world.fork.branches.target]))
        await checkFiles(world, branch);
      const unknown = (await world.github.control("GET", "/unknown")).data.routes;
      checkEqual(unknown, [], "routes GitHub's stand-in does not know");
      return `as before; landed on ${world.fork.branches.target}: the one sync`;
    },
  },
];

function checkOutcome(run: Run, conclusion: string, outcome: string): void {
  checkEqual(
    [run.conclusion, run.record.outcome],
    [conclusion, outcome],
    `outcome (the run says: ${run.record.reason})`,
  );
}

async function idle(world: World): Promise<string> {
  const run = await world.strike();
  checkOutcome(run, "success", "up-to-date");
  const { fork, upstream } = world.setting;
  checkEqual(
    lookUps(run.log)
      .map((entry) => entry.git?.repository)
      .sort(),
    [`${fork.owner}/${fork.name}`, `${upstream.owner}/${upstream.name}`].sort(),
    "look-ups",
  );
  checkEqual(packs(run.log), [], "packs");
  return `${lookUps(run.log).length} look-ups, no pack; ${traffic(run.log)}`;
}

/** The files of a branch differ from before only by what people landed. */
async function checkFiles(world: World, branch: string): Promise<void> {
  const { fork } = world;
  await git(fork.git, ["fetch", "--quiet", world.github.gitUrl(fork), `+refs/heads/${branch}:refs/demo/after`]);
  const listed = await git(fork.git, [
    "diff",
    "--name-only",
    world.before[`refs/heads/${branch}`] as string,
    "refs/demo/after",
  ]);
  const changed = listed.stdout.split("\n").filter((path) => path !== "");
  const { upstream } = world.setting;
  const news = (await git(upstream.git, ["diff", "--name-only", upstream.start, upstream.moved])).stdout.split("\n");
  const expected = branch === fork.branches.target ? changed.filter((path) => news.includes(path)) : [];
  checkEqual(changed, expected, `files of ${branch} that differ from before without having come from upstream`);
}
