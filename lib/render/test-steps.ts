/** The test plan as steps of the workflow's test job. */
import type { ForkConfig } from "../config/schema.ts";
import type { Plain } from "./fill-template.ts";

/** The sync program records the steps whose names begin so. */
const testName = "Test: ";
const longestName = 60;

/** They run in the checked out candidate, one after the other, until one fails; taking down always runs. */
export function testSteps(tests: ForkConfig["tests"]): Plain[] {
  return "compose" in tests ? composeSteps(tests.compose) : tests.run.map(commandStep);
}

function commandStep(command: string): Plain {
  const firstLine = command.trimStart().split("\n", 1)[0] as string;
  return { name: `${testName}${cut(firstLine)}`, shell: "bash", run: command };
}

/** Values reach the shell as variables, so that nothing in them is read as shell. */
function composeSteps({ file, service }: { readonly file: string; readonly service: string }): Plain[] {
  const compose = 'docker compose -f "$TEST_COMPOSE_FILE"';
  const files = { TEST_COMPOSE_FILE: file };
  const step = (name: string, run: string, env: Record<string, string>): Plain => ({
    name,
    shell: "bash",
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
      shell: "bash",
      env: files,
      run: `${compose} down -v`,
    },
  ];
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length > longestName ? `${characters.slice(0, longestName - 1).join("")}…` : text;
}
