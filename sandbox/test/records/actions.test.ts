import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import sodium from "libsodium-wrappers";
import { commit, startRecords, type TestSandbox } from "./support.ts";

let sandbox: TestSandbox;
let ada: string;
const fork = "/repos/ada/fork";
const environment = `${fork}/environments/upstream-sync`;

const workflow = `name: Sync
on:
  schedule:
    - cron: "17 0 * * *"
      timezone: Europe/Berlin
  workflow_dispatch:
    inputs:
      dry_run: { type: boolean, default: false }
      commit: { type: string }
      mode: { type: choice, options: [a, b], default: a }
permissions: {}
jobs:
  look:
    runs-on: ubuntu-latest
    permissions: { statuses: write }
    outputs: { said: "\${{ steps.s.outputs.said }}" }
    steps:
      - id: s
        run: |
          echo "said=\${{ github.event_name }}" >> "$GITHUB_OUTPUT"
          echo "::notice title=upstream-sync::{}"
  finish:
    needs: look
    runs-on: ubuntu-latest
    environment: upstream-sync
    steps:
      - env: { KEY: "\${{ secrets.UPSTREAM_SYNC_DEPLOY_KEY }}", SAID: "\${{ needs.look.outputs.said }}" }
        run: echo "$SAID with \${#KEY} characters, $KEY"
`;

async function seal(value: string): Promise<{ encrypted_value: string; key_id: string }> {
  const { body } = await sandbox.ask("GET", `${environment}/secrets/public-key`, ada);
  return { encrypted_value: await sealWith(body.key, value), key_id: body.key_id };
}

async function sealWith(key: string, value: string): Promise<string> {
  await sodium.ready;
  return Buffer.from(sodium.crypto_box_seal(value, Buffer.from(key, "base64"))).toString("base64");
}

beforeAll(async () => {
  sandbox = await startRecords();
  ada = await sandbox.person("ada");
  await sandbox.control("POST", "/repositories", { owner: "ada", name: "fork" });
  await commit(sandbox.state, "ada/fork", "main", ".github/workflows/sync.yml", workflow);
  await commit(sandbox.state, "ada/fork", "other", ".github/workflows/sync.yml", workflow);
});
afterAll(() => sandbox.close());

describe("environments", () => {
  test("an environment is limited to branches by name", async () => {
    const policy = { protected_branches: false, custom_branch_policies: true };
    const both = { protected_branches: true, custom_branch_policies: true };
    expect((await sandbox.ask("PUT", environment, ada, { deployment_branch_policy: both })).status).toBe(422);
    const made = await sandbox.ask("PUT", environment, ada, {
      wait_timer: 0,
      reviewers: null,
      deployment_branch_policy: policy,
    });
    expect(made.body).toMatchObject({ name: "upstream-sync", deployment_branch_policy: policy });
    expect(made.body.protection_rules[0].type).toBe("branch_policy");
    const pattern = await sandbox.ask("POST", `${environment}/deployment-branch-policies`, ada, { name: "main" });
    expect(pattern.body.name).toBe("main");
    const again = await sandbox.ask("POST", `${environment}/deployment-branch-policies`, ada, { name: "main" });
    expect(again.status).toBe(303);
    expect((await sandbox.ask("GET", `${environment}/deployment-branch-policies`, ada)).body.total_count).toBe(1);
  });

  test("a name with a slash is one segment, encoded", async () => {
    expect((await sandbox.ask("PUT", `${fork}/environments/a%2Fb`, ada, {})).body.name).toBe("a/b");
    expect((await sandbox.ask("DELETE", `${fork}/environments/a%2Fb`, ada)).status).toBe(204);
  });

  test("a secret is opened on arrival and never shown; created is 201, updated 204", async () => {
    const url = `${environment}/secrets/upstream_sync_deploy_key`;
    expect((await sandbox.ask("PUT", url, ada, await seal("first"))).status).toBe(201);
    expect((await sandbox.ask("PUT", url, ada, await seal("topsecret"))).status).toBe(204);
    const shown = (await sandbox.ask("GET", url, ada)).body;
    expect(Object.keys(shown)).toEqual(["name", "created_at", "updated_at"]);
    expect(shown.name).toBe("UPSTREAM_SYNC_DEPLOY_KEY");
    const kept = sandbox.state.repository("ada", "fork")?.environments[0]?.secrets.UPSTREAM_SYNC_DEPLOY_KEY;
    expect(kept?.value).toBe("topsecret");
  });

  test("a secret sealed for another key, or naming one, is refused", async () => {
    const repositoryKey = (await sandbox.ask("GET", `${fork}/actions/secrets/public-key`, ada)).body;
    const right = await seal("x");
    const put = (body: object) => sandbox.ask("PUT", `${environment}/secrets/OTHER`, ada, body);
    expect((await put({ ...right, encrypted_value: await sealWith(repositoryKey.key, "x") })).status).toBe(422);
    expect((await put({ ...right, key_id: repositoryKey.key_id })).status).toBe(422);
    expect((await put({ ...right, encrypted_value: "bm90IHNlYWxlZA==" })).status).toBe(422);
    expect((await sandbox.ask("GET", `${environment}/secrets`, ada)).body.total_count).toBe(1);
    expect((await sandbox.ask("PUT", `${environment}/secrets/GITHUB_X`, ada, right)).status).toBe(422);
  });

  test("no job token comes near secrets, variables, settings or keys", async () => {
    const job = sandbox.jobToken("ada/fork", { actions: "write", contents: "write" });
    for (const path of ["/environments/upstream-sync/secrets", "/actions/variables", "/actions/permissions", "/keys"]) {
      expect([path, (await sandbox.ask("GET", `${fork}${path}`, job)).status]).toEqual([path, 403]);
    }
  });
});

describe("settings of Actions", () => {
  test("permissions are read and written", async () => {
    const base = `${fork}/actions/permissions`;
    expect((await sandbox.ask("GET", base, ada)).body).toMatchObject({ enabled: true, allowed_actions: "all" });
    expect((await sandbox.ask("PUT", base, ada, { enabled: true, allowed_actions: "" })).status).toBe(422);
    expect((await sandbox.ask("GET", `${base}/selected-actions`, ada)).status).toBe(409);
    await sandbox.ask("PUT", base, ada, { enabled: true, allowed_actions: "selected" });
    await sandbox.ask("PUT", `${base}/selected-actions`, ada, { github_owned_allowed: true });
    expect((await sandbox.ask("GET", `${base}/selected-actions`, ada)).body.github_owned_allowed).toBe(true);
    await sandbox.ask("PUT", base, ada, { enabled: true, allowed_actions: "all" });
    await sandbox.ask("PUT", `${base}/workflow`, ada, { can_approve_pull_request_reviews: true });
    expect((await sandbox.ask("GET", `${base}/workflow`, ada)).body).toEqual({
      default_workflow_permissions: "read",
      can_approve_pull_request_reviews: true,
    });
  });

  test("a variable is made once, changed and removed; its name is in upper case", async () => {
    const all = `${fork}/actions/variables`;
    expect((await sandbox.ask("POST", all, ada, { name: "Freshness", value: "1" })).status).toBe(201);
    expect((await sandbox.ask("POST", all, ada, { name: "FRESHNESS", value: "2" })).status).toBe(409);
    expect((await sandbox.ask("PATCH", `${all}/freshness`, ada, { value: "3" })).status).toBe(204);
    expect((await sandbox.ask("GET", all, ada)).body.variables).toMatchObject([{ name: "FRESHNESS", value: "3" }]);
    expect((await sandbox.ask("DELETE", `${all}/FRESHNESS`, ada)).status).toBe(204);
    expect((await sandbox.ask("GET", `${all}/FRESHNESS`, ada)).status).toBe(404);
  });
});

describe("workflows and runs", () => {
  const dispatches = `${fork}/actions/workflows/sync.yml/dispatches`;
  const settle = async () =>
    expect((await sandbox.control("POST", "/settle", { timeoutSeconds: 20 })).body.settled).toBe(true);

  test("the workflows are the files on the default branch", async () => {
    const { body } = await sandbox.ask("GET", `${fork}/actions/workflows`, ada);
    expect(body.workflows).toMatchObject([{ name: "Sync", path: ".github/workflows/sync.yml", state: "active" }]);
    const { id } = body.workflows[0];
    expect((await sandbox.ask("GET", `${fork}/actions/workflows/${id}`, ada)).body.name).toBe("Sync");
  });

  test("a dispatch is refused for an unknown ref, unknown inputs, wrong values, and a disabled workflow", async () => {
    const refused = async (body: object) => {
      const answer = await sandbox.ask("POST", dispatches, ada, body);
      expect(answer.status).toBe(422);
      return answer.body.message;
    };
    expect(await refused({ ref: "nowhere" })).toBe("No ref found for: nowhere");
    expect(await refused({ ref: "main", inputs: { foo: "1" } })).toBe('Unexpected inputs provided: ["foo"]');
    expect(await refused({ ref: "main", inputs: { mode: "c" } })).toContain("not in the list of allowed values");
    await sandbox.ask("PUT", `${fork}/actions/workflows/sync.yml/disable`, ada);
    expect(await refused({ ref: "main" })).toBe("Cannot trigger a 'workflow_dispatch' on a disabled workflow");
    await sandbox.ask("PUT", `${fork}/actions/workflows/sync.yml/enable`, ada);
    const reads = sandbox.jobToken("ada/fork", { actions: "read" });
    expect((await sandbox.ask("POST", dispatches, reads, { ref: "main" })).status).toBe(403);
  });

  test("a dispatched run is executed for real: outputs, environment secret, masked log, annotation, dead token", async () => {
    const tokensBefore = sandbox.state.jobTokens.size;
    expect((await sandbox.ask("POST", dispatches, ada, { ref: "main", inputs: { commit: "abc" } })).status).toBe(204);
    await settle();
    const { body } = await sandbox.ask("GET", `${fork}/actions/runs?event=workflow_dispatch`, ada);
    const run = body.workflow_runs[0];
    expect(run).toMatchObject({ status: "completed", conclusion: "success", head_branch: "main", run_number: 1 });
    const { jobs } = (await sandbox.ask("GET", `${fork}/actions/runs/${run.id}/jobs`, ada)).body;
    expect(jobs.map((job: { name: string; conclusion: string }) => [job.name, job.conclusion])).toEqual([
      ["look", "success"],
      ["finish", "success"],
    ]);
    const log = (await sandbox.ask("GET", `${fork}/actions/jobs/${jobs[1].id}/logs`, ada)).body;
    expect(log).toContain("workflow_dispatch with 9 characters, ***");
    expect(log).not.toContain("topsecret");
    const annotations = (await sandbox.ask("GET", `${fork}/check-runs/${jobs[0].id}/annotations`, ada)).body;
    expect(annotations).toMatchObject([{ annotation_level: "notice", title: "upstream-sync", message: "{}" }]);
    expect(sandbox.state.jobTokens.size).toBe(tokensBefore);
    expect((await sandbox.ask("POST", `${fork}/actions/runs/${run.id}/cancel`, ada)).status).toBe(409);
  });

  test("a run after a restore has the id of the one that was undone, and a log of its own", async () => {
    const run = async () => {
      await sandbox.ask("POST", dispatches, ada, { ref: "main", inputs: { commit: "abc" } });
      await settle();
      const { workflow_runs: runs } = (await sandbox.ask("GET", `${fork}/actions/runs`, ada)).body;
      const { jobs } = (await sandbox.ask("GET", `${fork}/actions/runs/${runs[0].id}/jobs`, ada)).body;
      const { body: log } = await sandbox.ask("GET", `${fork}/actions/jobs/${jobs[1].id}/logs`, ada);
      return { id: runs[0].id, greetings: String(log).match(/workflow_dispatch with 9 characters/g)?.length };
    };
    await sandbox.control("POST", "/snapshots", { name: "before-run" });
    const first = await run();
    await sandbox.control("POST", "/snapshots/before-run/restore");
    expect(await run()).toEqual(first);
  });

  test("an environment refuses a branch its policy does not name", async () => {
    await sandbox.ask("POST", dispatches, ada, { ref: "other" });
    await settle();
    const { body } = await sandbox.ask("GET", `${fork}/actions/runs?branch=other`, ada);
    expect(body.workflow_runs[0].conclusion).toBe("failure");
    const { jobs } = (await sandbox.ask("GET", `${fork}/actions/runs/${body.workflow_runs[0].id}/jobs`, ada)).body;
    expect([jobs[0].conclusion, jobs[1].conclusion]).toEqual(["success", "failure"]);
    const annotations = (await sandbox.ask("GET", `${fork}/check-runs/${jobs[1].id}/annotations`, ada)).body;
    expect(annotations[0].message).toBe(
      'Branch "other" is not allowed to deploy to upstream-sync due to environment protection rules.',
    );
  });

  test("moving the clock fires what is due, in the schedule's time zone, on the default branch", async () => {
    await sandbox.ask("PUT", `${fork}/actions/workflows/sync.yml/disable`, ada);
    await sandbox.control("POST", "/clock", { to: "2027-01-10T12:00:00Z" });
    await sandbox.ask("PUT", `${fork}/actions/workflows/sync.yml/enable`, ada);
    const next = await sandbox.control("POST", "/clock", { toNextSchedule: "ada/fork" });
    expect(next.body.now).toMatch(/^2027-01-10T23:17:00/); // 00:17 in Berlin, in winter
    expect(next.body.runs).toHaveLength(1);
    await settle();
    const run = (await sandbox.ask("GET", `${fork}/actions/runs/${next.body.runs[0].id}`, ada)).body;
    expect(run).toMatchObject({ event: "schedule", head_branch: "main", conclusion: "success" });
    const back = await sandbox.control("POST", "/clock", { to: "2020-01-01T00:00:00Z" });
    expect(back.status).toBe(422);
  });

  test("a disabled workflow and a repository without Actions are not scheduled", async () => {
    const due = async () => (await sandbox.control("POST", "/clock", { advanceSeconds: 86_400 })).body.runs.length;
    await sandbox.ask("PUT", `${fork}/actions/workflows/sync.yml/disable`, ada);
    expect(await due()).toBe(0);
    await sandbox.ask("PUT", `${fork}/actions/workflows/sync.yml/enable`, ada);
    await sandbox.ask("PUT", `${fork}/actions/permissions`, ada, { enabled: false });
    expect(await due()).toBe(0);
    await sandbox.ask("PUT", `${fork}/actions/permissions`, ada, { enabled: true, allowed_actions: "all" });
    expect(await due()).toBe(1);
    await settle();
  });

  test("a fork of something with workflows starts with Actions off and its schedules disabled", async () => {
    const eve = await sandbox.person("eve");
    await sandbox.control("POST", "/repositories", { owner: "eve", name: "fork", parent: "ada/fork" });
    expect((await sandbox.ask("GET", "/repos/eve/fork/actions/permissions", eve)).body.enabled).toBe(false);
    const { body } = await sandbox.ask("GET", "/repos/eve/fork/actions/workflows", eve);
    expect(body.workflows[0].state).toBe("disabled_fork");
  });

  test("a kill ends the running job's processes with its request, and what is always wanted follows", async () => {
    const text = `on: workflow_dispatch
jobs:
  asks: { runs-on: x, steps: [run: 'curl --silent "$GITHUB_API_URL/zen" || true; echo alive'] }
  follows: { runs-on: x, needs: asks, if: always(), steps: [run: echo after] }
`;
    await commit(sandbox.state, "ada/fork", "main", ".github/workflows/asks.yml", text);
    await sandbox.control("POST", "/faults", { route: "GET /zen", kill: true });
    await sandbox.ask("POST", `${fork}/actions/workflows/asks.yml/dispatches`, ada, { ref: "main" });
    await settle();
    const { workflow_runs: runs } = (await sandbox.ask("GET", `${fork}/actions/runs`, ada)).body;
    const { jobs } = (await sandbox.ask("GET", `${fork}/actions/runs/${runs[0].id}/jobs`, ada)).body;
    expect(jobs.map((job: { conclusion: string }) => job.conclusion)).toEqual(["failure", "success"]);
    const log = (await sandbox.ask("GET", `${fork}/actions/jobs/${jobs[0].id}/logs`, ada)).body;
    expect(log).toContain("Process completed with exit code 137.");
    expect(log).not.toMatch(/Z alive$/m);
  });
});

describe("secrets of the repository", () => {
  const secrets = `${fork}/actions/secrets`;

  test("are sealed with the repository's own key, listed by name, and taken away", async () => {
    const { body: pair } = await sandbox.ask("GET", `${secrets}/public-key`, ada);
    const sealed = { encrypted_value: await sealWith(pair.key, "npm_1"), key_id: pair.key_id };
    expect((await sandbox.ask("PUT", `${secrets}/npm_token`, ada, sealed)).status).toBe(201);
    expect((await sandbox.ask("PUT", `${secrets}/npm_token`, ada, sealed)).status).toBe(204);
    const listed = (await sandbox.ask("GET", secrets, ada)).body;
    expect(listed).toMatchObject({ total_count: 1, secrets: [{ name: "NPM_TOKEN" }] });
    expect(JSON.stringify(listed)).not.toContain("npm_1");
    expect((await sandbox.ask("PUT", `${secrets}/OTHER`, ada, { ...sealed, key_id: "1" })).status).toBe(422);
    expect((await sandbox.ask("DELETE", `${secrets}/NPM_TOKEN`, ada)).status).toBe(204);
    expect((await sandbox.ask("GET", `${secrets}/NPM_TOKEN`, ada)).status).toBe(404);
  });
});

test("a workflow goes to sleep when the control plane says that 60 days have passed", async () => {
  const path = ".github/workflows/sync.yml";
  await sandbox.control("PATCH", "/repositories/ada/fork", { workflowStates: { [path]: "disabled_inactivity" } });
  const state = async () => (await sandbox.ask("GET", `${fork}/actions/workflows/sync.yml`, ada)).body.state;
  expect(await state()).toBe("disabled_inactivity");
  await sandbox.ask("PUT", `${fork}/actions/workflows/sync.yml/enable`, ada);
  expect(await state()).toBe("active");
});
