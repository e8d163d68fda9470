/** GitHub says no. */
import { check, checkEqual } from "../../demo/check.ts";
import { expectGreen, expectRed, expectText } from "./expect.ts";
import type { Topic } from "./scenario.ts";
import type { World } from "./world.ts";

const environment = "/environments/upstream-sync";

/** Upstream has news; the run is red in these words and neither sync branch nor target has moved. */
async function expectRefused(world: World, words: RegExp): Promise<string> {
  world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
  const before = [world.sync, world.tip("dev"), world.recorded("synced")];
  const run = await world.run();
  expectRed(run, "stopped", words);
  checkEqual([world.sync, world.tip("dev"), world.recorded("synced")], before, "sync branch, target and record");
  checkEqual((await world.open()).sync, [], "open pull requests");
  return run.record.reason;
}

export const refusals: Topic = {
  title: "GitHub says no",
  scenarios: [
    {
      name: "Actions may not open pull requests",
      peers: 21,
      situation:
        'The setting "Allow GitHub Actions to create and approve pull requests" is off, by the organization for instance.',
      happens:
        "Red, with the exact setting to change. What was tested stays promoted, and the next run opens the pull request with the recorded result; nothing is tested twice.",
      person: "Switch the setting on and run the workflow again; `doctor` shows it beforehand.",
      async run(world) {
        const allow = (can_approve_pull_request_reviews: boolean) =>
          world.must("administrator", "PUT", "/actions/permissions/workflow", {
            default_workflow_permissions: "read",
            can_approve_pull_request_reviews,
          });
        await allow(false);
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const id = await world.dispatch();
        const red = await world.ended(id, 1);
        checkEqual(red.conclusion, "failure", "the colour of the run");
        expectText(
          red.record.reason,
          [
            "GitHub Actions is not permitted to create or approve pull requests",
            "Allow it under Settings, Actions, General",
          ],
          "the reason",
        );
        checkEqual(await world.pulls(), [], "pull requests");
        await allow(true);
        const run = await world.run();
        checkEqual(run.green, true, "the next run is green");
        checkEqual(run.jobs.find(({ name }) => name === "test")?.conclusion, "skipped", "the test job of the next run");
        checkEqual((await world.syncPull()).head.sha, world.sync, "the pull request's commit");
      },
    },
    {
      name: "a push is refused because of workflow files",
      peers: 24,
      situation:
        "The workflow pushes with its own token (`credentials: github-token`), and upstream changes a workflow file: even the record of upstream's commit is refused then.",
      happens:
        "Red. The refusal is recognised and told with what may push such files; nothing has moved and no pull request is touched.",
      person: "Use a deploy key or an App (`credentials`), and deploy.",
      config: { credentials: "github-token", protection: { sync: { mode: "minimal" } } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { ".github/workflows/ci.yml": "on: push\njobs: {}\n" } });
        const reason = await expectRefused(
          world,
          /the promotion was refused: GitHub refused a push that changes workflow files/,
        );
        expectText(
          reason,
          ["Push with a deploy key, or with an App that has the permission Workflows: write"],
          "the reason",
        );
      },
    },
    {
      name: "the workflow's secret is gone",
      situation: "Somebody deleted the secret of the environment `upstream-sync`.",
      happens: "Red as soon as there is something to merge; it names the secret and the command that makes it.",
      person: "`upstream-sync credentials create`, then apply.",
      async run(world) {
        await world.must("administrator", "DELETE", `${environment}/secrets/UPSTREAM_SYNC_DEPLOY_KEY`);
        const reason = await expectRefused(world, /there is no deploy key/);
        expectText(reason, ["UPSTREAM_SYNC_DEPLOY_KEY", "upstream-sync credentials create"], "the reason");
      },
    },
    {
      name: "the deploy key was removed",
      situation: "Somebody removed the deploy key; the secret is still there.",
      happens: "Red: the ssh server did not accept the key. Nothing moves.",
      person: "`upstream-sync credentials create --replace`, then apply.",
      async run(world) {
        const keys: { id: number }[] = await world.must("administrator", "GET", "/keys");
        for (const { id } of keys) await world.must("administrator", "DELETE", `/keys/${id}`);
        await expectRefused(world, /the ssh server did not accept the deploy key/);
      },
    },
    {
      name: "the deploy key may only read",
      situation: "The deploy key is there, but without write access.",
      happens: "Red: the key may only read. Nothing moves.",
      person: "Apply again: the key has to be there with write access.",
      async run(world) {
        const keys: { id: number; title: string; key: string }[] = await world.must("administrator", "GET", "/keys");
        for (const { id, title, key } of keys) {
          await world.must("administrator", "DELETE", `/keys/${id}`);
          await world.must("administrator", "POST", "/keys", { title, key, read_only: true });
        }
        await expectRefused(world, /the deploy key may only read/);
      },
    },
    {
      name: "somebody's rule holds for the sync branch",
      situation: "An administrator added a ruleset for all branches that asks for a pull request and lets nobody pass.",
      happens: "Red: a ruleset refused the push. The tested merge is not on the sync branch; nothing is forced.",
      person: "Let the deploy key bypass that rule, or leave the sync branch out of it.",
      async run(world) {
        const parameters = {
          dismiss_stale_reviews_on_push: false,
          require_code_owner_review: false,
          require_last_push_approval: false,
          required_approving_review_count: 1,
          required_review_thread_resolution: false,
        };
        const { id } = await world.must("administrator", "POST", "/rulesets", {
          name: "everything by pull request",
          target: "branch",
          enforcement: "active",
          conditions: { ref_name: { include: ["refs/heads/sync/**"], exclude: [] } },
          rules: [{ type: "pull_request", parameters }],
        });
        await expectRefused(world, /a repository ruleset refused the push \(GH013\)/);
        await world.must("administrator", "DELETE", `/rulesets/${id}`);
        expectGreen(await world.run(), "promoted", "tests passed");
      },
    },
    {
      name: "classic branch protection holds for the sync branch",
      situation: "An administrator put a classic protection rule on the sync branch.",
      happens:
        "Red: classic protection refused the push; it says to remove that rule, as the ruleset of upstream-sync protects the branch already.",
      person: "Remove the classic rule.",
      async run(world) {
        await world.must("administrator", "PUT", "/branches/sync%2Fupstream/protection", {
          required_status_checks: null,
          enforce_admins: true,
          required_pull_request_reviews: { required_approving_review_count: 1 },
          restrictions: null,
        });
        await expectRefused(world, /classic branch protection refused the push \(GH006\)/);
      },
    },
    {
      name: "a reviewer cannot be asked",
      situation: "A reviewer of the config has left the team.",
      happens: "Green: the pull request is there, everybody else is asked, and the run warns about the one.",
      person: "Take the name out of the config and deploy.",
      config: { pullRequest: { reviewers: ["devops-lead", "gone-away"] } },
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        const pull = await world.syncPull();
        checkEqual(
          pull.requested_reviewers.map(({ login }) => login),
          ["devops-lead"],
          "who is asked",
        );
        check(
          run.annotations.some(
            ({ annotation_level, message }) => annotation_level === "warning" && message.includes("gone-away"),
          ),
          "a warning about gone-away",
          run.annotations,
        );
      },
    },
    {
      name: "GitHub stumbles",
      situation: "GitHub answers 502 a few times in the middle of a run.",
      happens: "It is asked again after a pause; the run ends green and nothing is there twice.",
      person: "Nothing.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const api = world.path;
        await world.fault("GET", `${api}/pulls`, { status: 502, body: { message: "Server Error" } });
        await world.fault("POST", `${api}/pulls`, { status: 502, body: { message: "Server Error" }, when: "after" });
        await world.fault("POST", `${api}/statuses/:sha`, { status: 503, body: { message: "Unavailable" } });
        const run = await world.run();
        expectGreen(run, "promoted", "tests passed");
        checkEqual(run.requests.filter(({ status }) => status >= 500).length, 3, "answers that GitHub spoiled");
        checkEqual((await world.pulls("state=all")).length, 1, "pull requests, open and closed");
      },
    },
    {
      name: "the fork is archived",
      situation: "The fork was archived: GitHub takes no push any more.",
      happens: "Red; nothing moves.",
      person: "Unarchive it, or disable the workflow.",
      async run(world) {
        world.upstream.commit({ branch: "main", files: { "new.txt": "n\n" } });
        const before = world.sync;
        const run = await world.run({}, async () => {
          await world.must("administrator", "PATCH", "", { archived: true });
        });
        expectRed(run, "stopped", /./);
        checkEqual(world.sync, before, "the sync branch");
      },
    },
  ],
};
