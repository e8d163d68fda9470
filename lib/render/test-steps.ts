/** The test plan as steps of the workflow's test job. */
import type { ForkConfig } from "../config/schema.ts";
import type { Plain } from "./fill-template.ts";

/** The sync program records the steps whose names begin so. */
const testName = "Test: ";
const longestName = 60;

/**
 * GitHub's bash without what a runner leaves for steps: tokens of its services, and the files by which a step changes the
 * environment of those after it, so that a test cannot reach into the next one or into the tear-down.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files
 */
const hidden = [
  ...["GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "BASH_ENV"],
  ...["ACTIONS_RUNTIME_TOKEN", "ACTIONS_RUNTIME_URL", "ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL"],
  ...["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"],
];
export const testShell = `env ${hidden.map((name) => `-u ${name}`).join(" ")} bash --noprofile --norc -eo pipefail {0}`;

/** They run in the checked out candidate, one after the other, until one fails; taking down always runs. */
export function testSteps(tests: Exclude<ForkConfig["tests"], { readonly checks: unknown }>): Plain[] {
  return "compose" in tests ? composeSteps(tests.compose) : tests.run.map(commandStep);
}

function commandStep(command: string): Plain {
  return { name: stepName(testName, command), run: command };
}

/** A command goes by its first line. */
export function stepName(kind: string, command: string): string {
  return `${kind}${cut(command.trimStart().split("\n", 1)[0] as string)}`;
}

/** Values reach the shell as variables, so that nothing in them is read as shell. */
function composeSteps({ file, service }: { readonly file: string; readonly service: string }): Plain[] {
  const compose = 'docker compose -f "$TEST_COMPOSE_FILE"';
  const files = { TEST_COMPOSE_FILE: file };
  const step = (name: string, run: string, env: Record<string, string>): Plain => ({
    name,
    env,
    run: `${compose} ${run}`,
  });
  return [
    step(`${testName}docker compose build`, "build", files),
    step(`${testName}docker compose up -d`, "up -d", files),
    step(`${testName}${cut(`docker compose run --rm ${service}`)}`, 'run --rm "$TEST_SERVICE"', {
      ...files,
      TEST_SERVICE: service,
    }),
    {
      name: "Take down: docker compose down -v",
      if: "always()",
      env: files,
      run: `${compose} down -v`,
    },
  ];
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length > longestName ? `${characters.slice(0, longestName - 1).join("")}…` : text;
}
