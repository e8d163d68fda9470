/** What `workflow_dispatch` accepts as inputs. Pure; texts as GitHub's (convictional/trigger-workflow-and-wait#4, #53). */
import type { DispatchInput } from "../runner/index.ts";

/** GitHub's bound (workflow-syntax, `on.workflow_dispatch.inputs`). */
const maxInputs = 25;

function problem(name: string, input: DispatchInput, value: string): string | undefined {
  const provided = `Provided value '${value}' for input '${name}'`;
  switch (input.type) {
    case "boolean":
      return /^(true|false)$/.test(value) ? undefined : `${provided} is not a boolean`;
    case "number":
      return value.trim() !== "" && Number.isFinite(Number(value)) ? undefined : `${provided} is not a number`;
    case "choice":
      return input.options?.includes(value) ? undefined : `${provided} not in the list of allowed values`;
    default:
      return undefined;
  }
}

/** The inputs of a run, defaults filled in, or GitHub's refusal. */
export function dispatchInputs(
  declared: Record<string, DispatchInput>,
  given: Record<string, unknown>,
): { inputs: Record<string, string> } | { refusal: string } {
  if (Object.keys(given).length > maxInputs)
    return { refusal: `You may only define up to ${maxInputs} \`inputs\` for a \`workflow_dispatch\` event` };
  const unexpected = Object.keys(given).filter((name) => !(name in declared));
  if (unexpected.length > 0) return { refusal: `Unexpected inputs provided: ${JSON.stringify(unexpected)}` };
  const inputs: Record<string, string> = {};
  for (const [name, input] of Object.entries(declared)) {
    const value = given[name];
    if (value === undefined || value === null || value === "") {
      if (input.required && input.default === undefined) return { refusal: `Required input '${name}' not provided` };
      const otherwise = input.default ?? (input.type === "boolean" ? "false" : "");
      inputs[name] = otherwise;
      continue;
    }
    const text = String(value);
    const refusal = problem(name, input, text);
    if (refusal) return { refusal };
    inputs[name] = text;
  }
  return { inputs };
}
