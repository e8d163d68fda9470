/** The trimmed copy of GitHub's description of its REST API, and which of its operations a request is. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Schema = Record<string, unknown>;

export interface Operation {
  /** GitHub's template, "/repos/{owner}/{repo}". */
  path: string;
  /** Of the JSON body. */
  request?: Schema;
  /** By status; null: the answer has no JSON body. */
  responses: Record<string, Schema | null>;
}

export interface Description {
  source: string;
  /** By "GET /repos/{owner}/{repo}". */
  operations: Record<string, Operation>;
  schemas: Record<string, Schema>;
}

/** Beside `package.json`: two folders up from the sources, three from what is built of them. */
export function readDescription(): Description {
  const places = ["../../openapi.json", "../../../openapi.json"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const file = places.find(existsSync);
  if (file === undefined) throw new Error(`openapi.json is missing (looked in ${places.join(", ")}): npm run openapi`);
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Parameters whose value may hold slashes; GitHub marks only some of them. */
const long = new Set(["path", "ref", "branch", "basehead", "name"]);

interface Matcher {
  name: string;
  method: string;
  pattern: RegExp;
  /** Letters that are not a parameter's: the more, the nearer. */
  literal: number;
}

function matcherOf(name: string): Matcher {
  const [method = "", path = ""] = name.split(" ");
  const source = path
    .split(/(\{\w+\})/)
    .map((part) => {
      const parameter = /^\{(\w+)\}$/.exec(part)?.[1];
      if (parameter === undefined) return part.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
      return long.has(parameter) ? ".+" : "[^/]+";
    })
    .join("");
  return { name, method, pattern: new RegExp(`^${source}$`), literal: path.replace(/\{\w+\}/g, "").length };
}

/** Answers the operation's name for a request; undefined when GitHub describes none. */
export function operationFinder(description: Description): (method: string, path: string) => string | undefined {
  const matchers = Object.keys(description.operations)
    .map(matcherOf)
    .sort((a, b) => b.literal - a.literal);
  return (method, path) => {
    const wanted = method === "HEAD" ? "GET" : method;
    return matchers.find((one) => one.method === wanted && one.pattern.test(path))?.name;
  };
}
