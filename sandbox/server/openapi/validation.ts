/** Whether answers have the shape GitHub describes. Used by tests and the demo: a stand-in that drifts must be seen. */
import type { ErrorObject, ValidateFunction } from "ajv";
import type { MiddlewareHandler } from "hono";
import type { Env } from "../http.ts";
import { type Description, operationFinder, readDescription, type Schema } from "./description.ts";

export interface Violation {
  operation: string;
  /** As asked, without the query. */
  path: string;
  status: number;
  side: "request" | "answer";
  problems: string[];
}

/** Kept: enough to see what is wrong, not every repetition. */
const most = 200;

export class Violations {
  readonly entries: Violation[] = [];
  private readonly seen = new Set<string>();

  add(violation: Violation): void {
    const { operation, status, side, problems } = violation;
    const key = JSON.stringify([operation, status, side, problems]);
    if (this.seen.has(key) || this.entries.length >= most) return;
    this.seen.add(key);
    this.entries.push(violation);
  }
}

type Check = (key: string, schema: Schema, value: unknown) => string[];

function told({ instancePath, message = "", params, keyword }: ErrorObject): string {
  const values = keyword === "enum" ? `: ${JSON.stringify(params.allowedValues)}` : "";
  return `${instancePath || "/"} ${message}${values}`;
}

/** Schemas are compiled when they are first needed, each once: a sandbox meets few of them. */
async function compiler(description: Description): Promise<Check> {
  const [{ Ajv2020 }, formats] = await Promise.all([import("ajv/dist/2020.js"), import("ajv-formats")]);
  const ajv = new Ajv2020({
    strict: false,
    allErrors: false,
    inlineRefs: false,
    validateSchema: false,
    code: { optimize: false },
  });
  formats.default.default(ajv);
  ajv.addSchema({ $id: "github", schemas: description.schemas });
  const compiled = new Map<string, ValidateFunction>();
  const absolute = (schema: Schema): Schema =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/schemas/', '"github#/schemas/'));
  return (key, schema, value) => {
    const validate = compiled.get(key) ?? ajv.compile(absolute(schema));
    compiled.set(key, validate);
    return validate(value) ? [] : (validate.errors ?? []).map(told);
  };
}

/** Refusals that GitHub may give on every route, described there or not. */
const everywhere = new Set([400, 401, 403, 404, 422, 429]);
const anyError: Schema = {
  anyOf: ["validation-error", "validation-error-simple", "basic-error"].map((name) => ({ $ref: `#/schemas/${name}` })),
};

/** Statuses the description leaves out and GitHub gives, by public report. */
const reported: Record<string, readonly number[]> = {
  // integrations/terraform-provider-github#2182
  "GET /repos/{owner}/{repo}/actions/permissions/selected-actions": [409],
  "PUT /repos/{owner}/{repo}/actions/permissions/selected-actions": [409],
  // cli/cli pkg/cmd/variable/set: an existing variable is known by this answer.
  "POST /repos/{owner}/{repo}/actions/variables": [409],
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Problems of one answer, in words. */
function answerProblems(description: Description, check: Check, name: string, status: number, text: string): string[] {
  const responses = description.operations[name]?.responses ?? {};
  const schema = responses[String(status)];
  if (schema === undefined) {
    if (status === 304 && text === "") return [];
    if (!everywhere.has(status) && !reported[name]?.includes(status))
      return [`status ${status} is not described, only ${Object.keys(responses).join(", ")}`];
    return check("error", anyError, parsed(text));
  }
  if (schema === null) return [];
  const value = parsed(text);
  // A ruleset's 422 has sentences where the description has objects (eclipse-csi/otterdog#490): any of GitHub's error shapes is honest.
  if (status >= 400 && check("error", anyError, value).length === 0) return [];
  return value === undefined ? ["a JSON body is described, there is none"] : check(`${name} ${status}`, schema, value);
}

export function validating(violations: Violations): MiddlewareHandler<Env> {
  const description = readDescription();
  const find = operationFinder(description);
  let loading: Promise<Check> | undefined;
  return async (c, next) => {
    const body = c.req.raw.body ? c.req.raw.clone() : undefined;
    await next();
    const { status } = c.res;
    const path = c.req.path;
    const name = find(c.req.method, path);
    // A faithful shape of what nobody serves, or of the sandbox's own failure, is nothing to ask for.
    if (name === undefined || status >= 500 || c.req.method === "HEAD") return;
    const json = /^application\/json/.test(c.res.headers.get("content-type") ?? "");
    const text = json ? await c.res.clone().text() : "";
    // Raw files and logs have no JSON to describe.
    if (!json && c.res.body !== null) return;
    loading ??= compiler(description);
    const check = await loading;
    const report = (side: Violation["side"], problems: string[]): void => {
      if (problems.length > 0) violations.add({ operation: name, path, status, side, problems });
    };
    report("answer", answerProblems(description, check, name, status, text));
    const request = description.operations[name]?.request;
    const sent = body && request && status < 300 ? await body.text() : "";
    // What the sandbox accepts, GitHub must accept as well.
    if (request && sent !== "") report("request", check(`${name} request`, request, parsed(sent)));
  };
}
