import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { resolveConfig } from "../../lib/config/resolve.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";
import { packageRoot } from "../../lib/package-root.ts";
import { renderFiles } from "../../lib/render/files.ts";
import { readTemplates } from "../../lib/render/template-source.ts";
import { forkConfig } from "../support/fork-config.ts";

const program = "// stands for the sync program\nconsole.log(`${process.argv[2]}`);\n";
const goldenFolder = join(packageRoot(), "test", "golden");

function completeExample(): ForkConfig {
  const resolution = resolveConfig(
    readFileSync(join(packageRoot(), "examples", "complete", "upstream-sync.yaml"), "utf8"),
  );
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  return resolution.config.forks[0] as ForkConfig;
}

/** What GitHub's own parser has against a workflow. */
async function parserErrors(content: string): Promise<string[]> {
  const trace = new NoOperationTraceWriter();
  const parsed = parseWorkflow({ name: "upstream-sync.yml", content }, trace);
  const errors = parsed.context.errors.getErrors().map((error) => error.message);
  if (!parsed.value) return errors;
  const converted = await convertWorkflowTemplate(parsed.context, parsed.value);
  return [...errors, ...(converted.errors ?? []).map((error) => error.Message)];
}

interface Step {
  readonly name: string;
  readonly if?: string;
  readonly env?: Record<string, string>;
  readonly run: string;
}

function stepsAfterCheckout(fork: ForkConfig): Step[] {
  const workflow = parse(renderFiles(fork, program).workflow.content) as { jobs: { test: { steps: Step[] } } };
  return workflow.jobs.test.steps.slice(1);
}

describe("the files of the complete example", () => {
  const files = renderFiles(completeExample(), program);

  test.each([
    ["upstream-sync.yml", files.workflow],
    ["CODEOWNERS", files.codeowners],
    ["upstream-sync.md", files.document],
  ])("%s is the golden file (UPDATE_GOLDEN=1 writes it)", (name, file) => {
    const path = join(goldenFolder, name);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, file?.content ?? "");
    expect(file?.content).toBe(readFileSync(path, "utf8"));
  });

  test("go to these places", () => {
    expect([files.workflow, files.program, files.codeowners, files.document].map((file) => file?.path)).toEqual([
      ".github/workflows/upstream-sync.yml",
      ".github/upstream-sync/upstream-sync.mjs",
      ".github/CODEOWNERS",
      "docs/upstream-sync.md",
    ]);
  });

  test("the workflow says when, where and with which program, and both texts carry the digest", () => {
    const workflow = parse(files.workflow.content) as Record<string, unknown>;
    expect(workflow.on).toMatchObject({
      schedule: [{ cron: "17 0 * * *", timezone: "Etc/UTC" }],
      workflow_dispatch: {
        inputs: {
          "dry-run": { type: "boolean", default: false },
          "upstream-commit": { type: "string", default: "" },
          retest: { type: "boolean", default: false },
        },
      },
    });
    expect(workflow.permissions).toEqual({});
    expect(workflow.env).toEqual({
      SYNC_ROUTE: "main",
      VERIFY: "${{ inputs.verify }}",
      UPSTREAM_URL: "https://github.com/open-webui/open-webui.git",
      UPSTREAM_BRANCH: "main",
      UPSTREAM_FOLLOW: "branch",
      SYNC_BRANCH: "sync/upstream",
      TARGET_BRANCH: "dev",
      UPSTREAM_WORKFLOWS: "hold",
      POLICIES: '{"keepOurs":[],"keepDeleted":[],"mustSurvive":[],"partial":false,"regenerate":[]}',
      FRESHNESS: "{}",
      PULL_REQUEST:
        '{"title":"chore: sync with upstream","labels":["upstream-sync"],"reviewers":["devops-lead","tech-lead"],"teamReviewers":[],"whenApproved":"hold"}',
      CREDENTIALS: "deploy-key",
      LANDING: "merge",
      DOCUMENT_PATH: "docs/upstream-sync.md",
      TESTS: '{"trusted":[],"checks":[]}',
      UPSTREAM_SYNC_DIGEST: files.digest,
      PROGRAM_SHA256: createHash("sha256").update(program).digest("hex"),
    });
    expect(files.document.content).toContain(files.digest);
    expect(files.program.content).toBe(program);
  });

  test("the compose plan is build, up, run, and down whatever happened, with its values as variables", () => {
    const env = { TEST_COMPOSE_FILE: "docker-compose.test.yaml" };
    const compose = 'docker compose -f "$TEST_COMPOSE_FILE"';
    expect(stepsAfterCheckout(completeExample())).toEqual([
      { name: "Test: docker compose build", env, run: `${compose} build` },
      { name: "Test: docker compose up -d", env, run: `${compose} up -d` },
      {
        name: "Test: docker compose run --rm whatever-cypress",
        env: { ...env, TEST_SERVICE: "whatever-cypress" },
        run: `${compose} run --rm "$TEST_SERVICE"`,
      },
      { name: "Take down: docker compose down -v", if: "always()", env, run: `${compose} down -v` },
    ]);
  });
});

describe("a credential in the workflow", () => {
  interface Jobs {
    readonly [job: string]: {
      readonly permissions: Record<string, string>;
      readonly environment?: { readonly name: string; readonly deployment: boolean };
      readonly steps: readonly { readonly env?: Record<string, string> }[];
    };
  }
  const environment = { name: "upstream-sync", deployment: false };

  /** Environments, permissions of merge and finish, and the secrets of every job's steps. */
  function shown(credentials: ForkConfig["credentials"], upstream: Record<string, unknown> = {}) {
    const config = forkConfig({ upstream: { repository: "open-webui/open-webui", ...upstream } });
    const { content } = renderFiles({ ...config, credentials }, program).workflow;
    const { jobs } = parse(content) as { jobs: Jobs };
    const secrets = (job: string) =>
      jobs[job]?.steps.flatMap(({ env }) =>
        Object.entries(env ?? {}).flatMap(([name, value]) =>
          String(value).includes("secrets.") ? [`${name}=${value}`] : [],
        ),
      );
    return {
      environments: Object.keys(jobs).filter((job) => jobs[job]?.environment !== undefined),
      environment: jobs.finish?.environment,
      merge: jobs.merge?.permissions,
      finish: jobs.finish?.permissions,
      secrets: Object.fromEntries(Object.keys(jobs).map((job) => [job, secrets(job)])),
    };
  }
  const reading = { contents: "read", "pull-requests": "read" };
  const writing = { issues: "write", "pull-requests": "write", statuses: "write" };

  test("deploy key: one secret of the environment in merge and finish", () => {
    const key = ["CREDENTIAL=${{ secrets.UPSTREAM_SYNC_DEPLOY_KEY }}"];
    expect(shown("deploy-key")).toEqual({
      environments: ["merge", "finish"],
      environment,
      merge: reading,
      finish: { actions: "read", contents: "read", ...writing },
      secrets: { heartbeat: [], look: [], merge: key, test: [], finish: key },
    });
  });

  test("GitHub App: its own secret, and a job token that writes nothing", () => {
    const app = ["CREDENTIAL=${{ secrets.UPSTREAM_SYNC_APP }}"];
    expect(shown("github-app")).toEqual({
      environments: ["merge", "finish"],
      environment,
      merge: reading,
      finish: { actions: "read", contents: "read", "pull-requests": "read" },
      secrets: { heartbeat: [], look: [], merge: app, test: [], finish: app },
    });
  });

  test("the fork's own CI: its results are read, with either credential", () => {
    const finish = (credentials: ForkConfig["credentials"]) => {
      const config = forkConfig({ tests: { checks: ["ci"] } });
      return parse(renderFiles({ ...config, credentials }, program).workflow.content).jobs.finish.permissions;
    };
    expect(finish("deploy-key")).toEqual({ actions: "read", checks: "read", contents: "read", ...writing });
    expect(finish("github-app")).toEqual({
      ...{ actions: "read", checks: "read", contents: "read", "pull-requests": "read" },
      statuses: "read",
    });
  });

  test("job token: no environment, no secret, and the right to push", () => {
    expect(shown("github-token")).toEqual({
      environments: [],
      environment: undefined,
      merge: { contents: "write", "pull-requests": "read" },
      finish: { actions: "read", contents: "write", ...writing },
      secrets: { heartbeat: [], look: [], merge: [], test: [], finish: [] },
    });
  });

  test("private upstream: its token where upstream is asked, never where the tests run", () => {
    const token = "UPSTREAM_TOKEN=${{ secrets.UPSTREAM_SYNC_UPSTREAM_TOKEN }}";
    expect(shown("github-token", { private: true })).toMatchObject({
      environments: ["look", "merge", "finish"],
      environment,
      secrets: { heartbeat: [], look: [token], merge: [token], test: [], finish: [token] },
    });
  });
});

describe("rendering", () => {
  test("twice gives the same bytes, whatever order the keys were written in", () => {
    const one = forkConfig({ branches: { sync: "s/u", target: "dev" }, credentials: "deploy-key" });
    const other = forkConfig({ credentials: "deploy-key", branches: { target: "dev", sync: "s/u" } });
    expect(renderFiles(one, program)).toEqual(renderFiles(one, program));
    expect(renderFiles(other, program)).toEqual(renderFiles(one, program));
  });

  test("the digest follows config, program, templates and the order of owners", () => {
    const templates = readTemplates();
    const owners = (patterns: string[]) =>
      forkConfig({ owners: Object.fromEntries(patterns.map((pattern) => [pattern, ["@a"]])) });
    const digests = [
      renderFiles(forkConfig(), program).digest,
      renderFiles(forkConfig({ tests: { timeoutMinutes: 44 } }), program).digest,
      renderFiles(forkConfig(), `${program}//`).digest,
      renderFiles(forkConfig(), program, { ...templates, document: `${templates.document}\n` }).digest,
      renderFiles(owners(["*", "/x/"]), program).digest,
      renderFiles(owners(["/x/", "*"]), program).digest,
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests).toEqual(digests.map(() => expect.stringMatching(/^[0-9a-f]{64}$/)));
  });

  test("each command is a step, named by its first line, cut to 60 characters", () => {
    const long = "echo ".repeat(30).trim();
    const steps = stepsAfterCheckout(forkConfig({ tests: { run: ["npm ci", "set -e\nnpm test\n", long] } }));
    expect(steps).toEqual([
      { name: "Test: npm ci", run: "npm ci" },
      { name: "Test: set -e", run: "set -e\nnpm test\n" },
      { name: `Test: ${long.slice(0, 59)}…`, run: long },
    ]);
  });

  test("commands that make the workflow larger than GitHub starts are refused", () => {
    const run = Array.from({ length: 30 }, () => `: ${"x".repeat(19_000)}`);
    expect(() => renderFiles(forkConfig({ tests: { run } }), program)).toThrow(
      /the workflow of acme\/open-webui is \d+ bytes, expected fewer than 400000/,
    );
  });

  test.each<[string, Record<string, unknown>]>([
    ["the compose plan", {}],
    ["commands", { tests: { run: ["npm test", "set -e\n\techo 'a: b' # c\n"], timeoutMinutes: 360 } }],
    [
      "odd but valid values",
      { branches: { sync: "s#y/'n\"c", target: "dev" }, pullRequest: { title: 'it\'s: "50%" # sync' } },
    ],
  ])("GitHub's parser takes the workflow with %s", async (_, overrides) => {
    const content = renderFiles(forkConfig(overrides), program).workflow.content;
    expect(await parserErrors(content)).toEqual([]);
    expect(await parserErrors(content.replace("runs-on:", "runs-onn:"))).not.toEqual([]);
  });
});

describe("CODEOWNERS", () => {
  const linesOf = (overrides: Record<string, unknown>) =>
    renderFiles(forkConfig(overrides), program).codeowners?.content.split("\n").slice(1, -2);

  test("the managed files belong to those asked for a review; configured lines come last, so they win", () => {
    const overrides = {
      credentials: "github-app",
      pullRequest: { reviewers: ["lead"], teamReviewers: ["core"] },
      owners: { "/.github/": ["@security"], "*.md": ["docs@example.org"] },
      document: { path: "docs/how we sync.md" },
    };
    expect(linesOf(overrides)).toEqual([
      "/.github/workflows/upstream-sync.yml @lead @acme/core",
      "/.github/upstream-sync/ @lead @acme/core",
      "/.github/CODEOWNERS @lead @acme/core",
      "/docs/how\\ we\\ sync.md @lead @acme/core",
      "/.github/ @security",
      "*.md docs@example.org",
    ]);
  });

  test("without reviewers everybody who owns something owns the managed files", () => {
    const overrides = { pullRequest: { reviewers: [] }, owners: { "/a/": ["@one", "@two"], "/b/": ["@two"] } };
    expect(linesOf(overrides)?.[0]).toBe("/.github/workflows/upstream-sync.yml @one @two");
  });

  test("with nobody to name there is no file", () => {
    expect(renderFiles(forkConfig({ pullRequest: { reviewers: [] } }), program).codeowners).toBeUndefined();
  });
});

describe("the process document", () => {
  test("shell commands in it quote names that a shell would read otherwise", () => {
    const { content } = renderFiles(forkConfig({ branches: { sync: "s/$(id)", target: "dev" } }), program).document;
    expect(content).toContain("\ngit merge 'origin/s/$(id)'\n");
  });

  test("an upright bar in a value does not end its table cell", () => {
    const { content } = renderFiles(forkConfig({ tests: { run: ["npm test | tee log"] } }), program).document;
    expect(content).toContain("| tests | `npm test \\| tee log`; at most 45 minutes |");
  });

  test("names the state of the text on each branch", () => {
    const { content } = renderFiles(forkConfig(), program).document;
    expect(content).toContain("| `dev` | latest |\n| `test` | being validated |\n| `main` | approved |\n");
  });
});
