import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Testing } from "cdktf";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { SyncCredentials } from "../../lib/constructs/sync-credentials.ts";
import { UpstreamSync } from "../../lib/constructs/upstream-sync.ts";
import { UpstreamSyncStack } from "../../lib/constructs/upstream-sync-stack.ts";
import type { DeployKeyFile } from "../../lib/credentials/credentials-file.ts";
import type { RenderedFiles } from "../../lib/render/files.ts";
import { programFile, stepsFile } from "../../lib/render/template-source.ts";
import { forkConfig } from "../support/fork-config.ts";
import { type Synthesized, synth } from "../support/synth.ts";

const credentials: DeployKeyFile = {
  version: 1,
  kind: "deploy-key",
  repository: "acme/open-webui",
  createdAt: "2026-11-01T00:00:00.000Z",
  environment: "upstream-sync",
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVzZWQ",
  secret: { name: "UPSTREAM_SYNC_DEPLOY_KEY", keyId: "568250167242549743", encrypted: "c2VhbGVk" },
};

const files: RenderedFiles = {
  digest: "d".repeat(64),
  change: "tests by compose",
  workflow: { path: ".github/workflows/upstream-sync.yml", content: "run: echo ${{ github.sha }} %{http_code}\n" },
  program: { path: ".github/upstream-sync/upstream-sync.mjs", content: "const name = `${process.env.X}`;\n" },
  codeowners: { path: ".github/CODEOWNERS", content: "/.github/ @devops-lead\n" },
  document: { path: "docs/upstream-sync.md", content: "# Upstream sync\n" },
};

/** What is set first is given back last. */
const settings = ["github_actions_repository_permissions.actions", "github_workflow_repository_permissions.workflow"];

function stackOf(fork: ForkConfig, by = SyncCredentials.deployKey(credentials)): UpstreamSyncStack {
  return new UpstreamSyncStack(Testing.app(), fork.repository, {
    fork,
    files,
    credentials: by,
    state: { backend: "local", path: "../../../state/acme--open-webui.tfstate" },
    programFile: programFile(),
    stepsFile: stepsFile(),
  });
}

describe("the stack of one fork", () => {
  let stack: Synthesized;
  beforeAll(() => {
    stack = synth(stackOf(forkConfig()));
  });

  test("its addresses are these and no others: they are where people's state lives", () => {
    expect(stack.addresses).toEqual([
      "data.github_rest_api.actions_permissions",
      "data.github_rest_api.branch_policies",
      "data.github_rest_api.codeowners_branch",
      "data.github_rest_api.codeowners_pulls",
      "data.github_rest_api.deploy_keys",
      "data.github_rest_api.environment_key",
      "data.github_rest_api.file",
      "data.github_rest_api.labels",
      "data.github_rest_api.more_branch_policies",
      "data.github_rest_api.more_deploy_keys",
      "data.github_rest_api.more_labels",
      "data.github_rest_api.more_rulesets",
      "data.github_rest_api.organization",
      "data.github_rest_api.protection",
      "data.github_rest_api.repository",
      "data.github_rest_api.rules",
      "data.github_rest_api.ruleset",
      "data.github_rest_api.ruleset_gate",
      "data.github_rest_api.ruleset_history",
      "data.github_rest_api.rulesets",
      "data.github_rest_api.selected_actions",
      "data.github_rest_api.sync_branch",
      "data.github_rest_api.sync_branch_history",
      "data.github_rest_api.workflow_permissions",
      "github_actions_environment_secret.deploy_key",
      "github_actions_repository_permissions.actions",
      "github_branch.sync",
      "github_issue_label.label",
      "github_repository_deploy_key.sync",
      "github_repository_environment.sync",
      "github_repository_environment_deployment_policy.default_branch",
      "github_repository_file.codeowners",
      "github_repository_file.document",
      "github_repository_file.program",
      "github_repository_file.workflow",
      "github_repository_ruleset.gate",
      "github_repository_ruleset.history",
      "github_workflow_repository_permissions.workflow",
      "terraform_data.before",
      "terraform_data.codeowners",
      "terraform_data.codeowners_removal",
      "terraform_data.guard",
      "terraform_data.handover",
      "terraform_data.ownership",
      "terraform_data.restore",
      "terraform_data.seen",
    ]);
  });

  test("the provider is pinned to one version, waits for nothing and belongs to the fork's owner", () => {
    expect(stack.json.terraform.required_providers).toEqual({
      github: { source: "integrations/github", version: "6.13.0" },
    });
    expect(stack.json.provider.github).toEqual([{ owner: "acme", legacy_client: false, write_delay_ms: 0 }]);
  });

  test("the state is where the caller said, on no absolute path", () => {
    expect(stack.json.terraform.backend).toEqual({ local: { path: "../../../state/acme--open-webui.tfstate" } });
  });

  test("history: nobody deletes or rewrites the sync branch, without a bypass", () => {
    expect(stack.resource("github_repository_ruleset.history")).toEqual({
      name: "upstream-sync: history",
      repository: "open-webui",
      target: "branch",
      enforcement: "active",
      conditions: { ref_name: { include: ["refs/heads/sync/upstream"], exclude: [] } },
      rules: { deletion: true, non_fast_forward: true },
      depends_on: ["github_branch.sync"],
    });
  });

  test("gate: reviews and the tests' status for everybody, administrators included; only the deploy key passes", () => {
    expect(stack.resource("github_repository_ruleset.gate")).toEqual({
      name: "upstream-sync: gate",
      repository: "open-webui",
      target: "branch",
      enforcement: "active",
      bypass_actors: [{ actor_type: "DeployKey", bypass_mode: "always" }],
      conditions: { ref_name: { include: ["refs/heads/sync/upstream"], exclude: [] } },
      rules: {
        pull_request: { required_approving_review_count: 1 },
        required_status_checks: {
          do_not_enforce_on_create: true,
          required_check: [{ context: "upstream-sync/tests" }],
        },
      },
      depends_on: ["github_branch.sync"],
    });
  });

  test("the sync branch is never replaced because its birthplace moved on", () => {
    expect(stack.resource("github_branch.sync")).toEqual({
      repository: "open-webui",
      branch: "sync/upstream",
      source_branch: "main",
      count:
        '${(!terraform_data.before["branch:sync/upstream"].input.there || terraform_data.before["branch:sync/upstream"].input.ours) ? 1 : 0}',
      lifecycle: { ignore_changes: ["source_branch", "source_sha"] },
      depends_on: settings,
    });
  });

  test("the secret travels as ciphertext with the key it was sealed for", () => {
    expect(stack.resource("github_actions_environment_secret.deploy_key")).toEqual({
      repository: "open-webui",
      environment: "${github_repository_environment.sync.environment}",
      secret_name: "UPSTREAM_SYNC_DEPLOY_KEY",
      value_encrypted: "c2VhbGVk",
      key_id: "568250167242549743",
      depends_on: ["github_repository_deploy_key.sync", ...settings],
    });
  });

  test("another key: made first, then the secret, then the jobs that hold the old one, which goes last", () => {
    expect(stack.resource("github_repository_deploy_key.sync").lifecycle).toMatchObject({
      create_before_destroy: true,
    });
    // Terraform would hand `create_before_destroy` on to all it depends on, and reset the settings last.
    expect(JSON.stringify(stack.resource("github_repository_deploy_key.sync"))).not.toMatch(
      /terraform_data|github_(?!rest_api)/,
    );
    const handover = stack.resource("terraform_data.handover");
    expect(handover.triggers_replace).toBe(credentials.publicKey);
    expect(handover.depends_on).toEqual(
      expect.arrayContaining(["github_repository_deploy_key.sync", "github_actions_environment_secret.deploy_key"]),
    );
    expect(handover.provisioner[0]["local-exec"]).toMatchObject({ command: "handover" });
  });

  test("only the default branch's workflow may enter the environment", () => {
    expect(stack.resource("github_repository_environment.sync").deployment_branch_policy).toEqual({
      protected_branches: false,
      custom_branch_policies: true,
    });
    expect(stack.resource("github_repository_environment_deployment_policy.default_branch").branch_pattern).toBe(
      "${jsondecode(data.github_rest_api.repository.body).default_branch}",
    );
  });

  test("files are committed one after the other, the workflow last, after everything it needs", () => {
    const dependsOn = (id: string): string[] => stack.resource(`github_repository_file.${id}`).depends_on;
    expect(dependsOn("codeowners")).toEqual(["github_repository_file.program"]);
    expect(dependsOn("document")).toEqual(["github_repository_file.codeowners"]);
    expect(dependsOn("workflow")).toEqual(["github_repository_file.document"]);
    expect(stack.resource("github_repository_file.document").commit_message).toBe(
      "docs: update upstream-sync.md - tests by compose",
    );
    for (const needed of [
      "github_branch.sync",
      "github_repository_ruleset.gate",
      "github_repository_ruleset.history",
      "github_issue_label.label",
      "github_actions_environment_secret.deploy_key",
      "github_repository_deploy_key.sync",
      "github_repository_environment_deployment_policy.default_branch",
      "github_workflow_repository_permissions.workflow",
    ]) {
      expect(dependsOn("program")).toContain(needed);
    }
  });

  test("what Terraform would read as a template is doubled, and comes back when undone", () => {
    for (const id of ["workflow", "codeowners", "document"] as const) {
      const content: string = stack.resource(`github_repository_file.${id}`).content;
      expect(content.replaceAll(/([$%])\1\{/g, "$1{")).toBe(files[id]?.content);
    }
    expect(stack.resource("github_repository_file.workflow").content).toBe(
      "run: echo $${{ github.sha }} %%{http_code}\n",
    );
  });

  test("the sync program is read from beside the stack", () => {
    const path = /^\$\{file\("\$\{path\.module\}\/(?<path>[^"]+)"\)\}$/;
    const read = path.exec(stack.resource("github_repository_file.program").content)?.groups?.path;
    expect(readFileSync(join(stack.folder, read as string), "utf8")).toBe(readFileSync(programFile(), "utf8"));
  });

  test("whose a thing is was written down at first, twice, and only the record decides", () => {
    const thing = 'terraform_data.before["setting:workflow permissions"].input';
    expect(stack.resource("github_workflow_repository_permissions.workflow").count).toBe(
      `\${(!${thing}.there || ${thing}.ours) ? 1 : 0}`,
    );
    expect(stack.resource("terraform_data.before")).toMatchObject({
      input: "${merge(terraform_data.seen[each.key].input, each.value)}",
      lifecycle: { ignore_changes: ["input"] },
    });
    expect(stack.resource("terraform_data.seen")).toMatchObject({
      input: "${each.value}",
      lifecycle: { ignore_changes: ["input"] },
    });
    expect(Object.keys(stack.resource("terraform_data.before").for_each)).toEqual([
      "branch:sync/upstream",
      "branch:upstream-sync-files-dev",
      "deploy key:upstream-sync",
      "environment:upstream-sync",
      "environment:upstream-sync:default branch",
      "file:.github/upstream-sync/upstream-sync.mjs",
      "file:.github/workflows/upstream-sync.yml",
      "file:CODEOWNERS",
      "file:docs/upstream-sync.md",
      "label:accept-upstream-workflows",
      "label:pause-upstream-sync",
      "label:upstream-sync",
      "ruleset:upstream-sync: gate",
      "ruleset:upstream-sync: history",
      "setting:Actions",
      "setting:workflow permissions",
    ]);
  });

  test("a destroy begins with the guard, which waits for nothing, and ends with the settings", () => {
    const everything = stack.addresses.filter((one) => !one.startsWith("data.") && one !== "terraform_data.guard");
    expect([...stack.resource("terraform_data.guard").depends_on].sort()).toEqual(everything);
    for (const address of settings) expect(stack.resource(address).depends_on).toContain("terraform_data.restore");
    expect(stack.resource("terraform_data.restore").depends_on).toBeUndefined();
  });

  test("the guard's step runs the program of steps beside the stack, with nothing but itself and the user's environment", () => {
    const [release, guard] = stack.resource("terraform_data.guard").provisioner;
    expect(guard["local-exec"]).toEqual({
      when: "destroy",
      interpreter: ["node", expect.stringMatching(/^assets\/\S+\/current\/terraform-steps\.mjs$/)],
      command: "guard",
      environment: {
        UPSTREAM_SYNC_INPUT: "${jsonencode(self.input)}",
        UPSTREAM_SYNC_REFUSING_RULES: expect.stringMatching(/^\$\{"pull_request required_status_checks [a-z_ ]+"\}$/),
      },
      quiet: true,
    });
    // A failure here must not taint the guard: Terraform skips the destroy-time steps of what is tainted.
    expect(release["local-exec"]).toMatchObject({ command: "release", on_failure: "continue" });
  });

  test("what of ours the state does not know is imported, to plain addresses", () => {
    expect(stack.json.import.map(({ to }: { to: string }) => to)).toEqual([
      "github_branch.sync[0]",
      "github_repository_deploy_key.sync",
      "github_repository_environment.sync",
      "github_repository_environment_deployment_policy.default_branch",
      "github_repository_ruleset.history",
      "github_repository_ruleset.gate",
      'github_issue_label.label["upstream-sync"]',
      'github_issue_label.label["accept-upstream-workflows"]',
      'github_issue_label.label["pause-upstream-sync"]',
      "github_repository_file.program[0]",
      "github_repository_file.codeowners[0]",
      "github_repository_file.document[0]",
      "github_repository_file.workflow[0]",
    ]);
  });
});

describe("choices of the config", () => {
  test("minimal protection leaves only history", () => {
    const fork = forkConfig({ protection: { sync: { mode: "minimal" } } });
    expect(synth(stackOf(fork)).addresses.filter((address) => address.startsWith("github_repository_ruleset"))).toEqual(
      ["github_repository_ruleset.history"],
    );
  });

  test("a branch that is to stay is made by the program, and Terraform forgets the one it had", () => {
    const stack = synth(stackOf(forkConfig({ rollback: { syncBranch: "keep" } })));
    expect(stack.addresses.filter((one) => one.startsWith("github_branch."))).toEqual([]);
    expect(stack.json.removed).toEqual([{ from: "github_branch.sync", lifecycle: { destroy: false } }]);
    expect(stack.resource("terraform_data.sync_branch")).toMatchObject({
      input: { repository: "acme/open-webui", branch: "sync/upstream", from: "main" },
      provisioner: [{ "local-exec": { command: "branch" } }],
    });
    expect(stack.resource("terraform_data.guard").input).toContain("removesBranch = false");
  });

  test("without includeAdministrators, administrators pass the gate too", () => {
    const fork = forkConfig({ protection: { sync: { includeAdministrators: false } } });
    expect(synth(stackOf(fork)).resource("github_repository_ruleset.gate").bypass_actors).toEqual([
      { actor_type: "DeployKey", bypass_mode: "always" },
      { actor_type: "RepositoryRole", actor_id: 5, bypass_mode: "always" },
    ]);
  });

  test("a GitHub App: its sealed key and its number in the gate, no deploy key; a private upstream's token beside it", () => {
    const { publicKey: _, ...rest } = credentials;
    const upstreamToken = { name: "UPSTREAM_SYNC_UPSTREAM_TOKEN", keyId: "568250167242549743", encrypted: "dG9rZW4=" };
    const secret = { ...credentials.secret, name: "UPSTREAM_SYNC_APP" };
    const app = SyncCredentials.githubApp({ ...rest, kind: "github-app", appId: 4711, secret, upstreamToken });
    const stack = synth(stackOf(forkConfig({ credentials: "github-app" }), app));
    expect(stack.resource("github_repository_ruleset.gate").bypass_actors).toEqual([
      { actor_type: "Integration", actor_id: 4711, bypass_mode: "always" },
    ]);
    expect(stack.addresses.filter((address) => /_secret\.|deploy_key/.test(address))).toEqual([
      "github_actions_environment_secret.app",
      "github_actions_environment_secret.upstream_token",
    ]);
    expect(stack.resource("github_actions_environment_secret.upstream_token")).toMatchObject({
      secret_name: "UPSTREAM_SYNC_UPSTREAM_TOKEN",
      value_encrypted: "dG9rZW4=",
    });
  });

  test("the job token: no environment, no secret, no key, and history alone", () => {
    const fork = forkConfig({ credentials: "github-token", protection: { sync: { mode: "minimal" } } });
    const stack = synth(stackOf(fork, SyncCredentials.githubToken()));
    expect(stack.addresses.filter((address) => /^github_(?!repository_file|issue)/.test(address))).toEqual([
      "github_actions_repository_permissions.actions",
      "github_branch.sync",
      "github_repository_ruleset.history",
      "github_workflow_repository_permissions.workflow",
    ]);
  });

  test("a second fork in one stack is refused: their names would merge", () => {
    const stack = stackOf(forkConfig());
    expect(
      () =>
        new UpstreamSync(stack, "second", {
          fork: forkConfig(),
          files,
          credentials: SyncCredentials.deployKey(credentials),
          programFile: programFile(),
          stepsFile: stepsFile(),
        }),
    ).toThrow("one stack holds one fork");
  });
});

test("every file is looked at under a name of its own, CODEOWNERS in all three places", () => {
  const target = `?ref=\${urlencode("dev")}`;
  const origin = `?ref=\${urlencode(jsondecode(data.github_rest_api.repository.body).default_branch)}`;
  const contents = "repos/acme/open-webui/contents";
  expect(synth(stackOf(forkConfig())).json.data.github_rest_api.file.for_each).toEqual({
    program: `${contents}/.github/upstream-sync/upstream-sync.mjs${origin}`,
    document: `${contents}/docs/upstream-sync.md${target}`,
    workflow: `${contents}/.github/workflows/upstream-sync.yml${origin}`,
    codeowners: `${contents}/.github/CODEOWNERS${target}`,
    codeowners_at_top: `${contents}/CODEOWNERS${target}`,
    codeowners_in_docs: `${contents}/docs/CODEOWNERS${target}`,
  });
});
