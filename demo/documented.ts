/** Whether what `--json` printed is what schema/results.schema.json says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { packageRoot } from "../lib/package-root.ts";

const known = new Map<string, ValidateFunction>();

function validators(): ReadonlyMap<string, ValidateFunction> {
  if (known.size > 0) return known;
  const schema = JSON.parse(readFileSync(join(packageRoot(), "schema", "results.schema.json"), "utf8"));
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  for (const [verb, one] of Object.entries(schema.$defs)) known.set(verb, ajv.compile(one as object));
  return known;
}

/**
 * @param args of the command line, the verb first.
 * @throws Error when the verb has no schema, or the value is not of it.
 */
export function checkDocumented(args: readonly string[], value: unknown): void {
  const typed = [...args.filter((arg) => !arg.startsWith("-")), ...(args.includes("--local") ? ["--local"] : [])];
  const fits = (verb: string) =>
    verb.split(" ").every((word, n) => typed[n] === word || (n > 0 && word === typed.at(-1)));
  const [verb] = [...validators().keys()].filter(fits).sort((one, other) => other.length - one.length);
  const validate = verb === undefined ? undefined : validators().get(verb);
  if (validate === undefined) throw new Error(`${args.join(" ")}: its --json has no schema`);
  if (!validate(value)) {
    const problems = (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
    throw new Error(`${verb} --json printed what its schema does not know:\n${problems.join("\n")}`);
  }
}
