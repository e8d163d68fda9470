/** What `permissions:` asks for, and the rights a job's token gets from it. */
import type { MappingDefinition } from "@actions/workflow-parser/templates/schema/mapping-definition";
import { isMapping } from "@actions/workflow-parser/templates/tokens/type-guards";
import { getWorkflowSchema } from "@actions/workflow-parser/workflows/workflow-schema";
import type { TokenPermissions } from "../server/state.ts";
import { asWritten, type Token } from "./expressions.ts";

export type Level = "read" | "write" | "none";
export type PermissionsRequest = "read-all" | "write-all" | Record<string, Level>;

/** The value of a `permissions:` key, which the parser has validated; undefined where the file has none. */
export function permissionsRequest(token: Token | undefined): PermissionsRequest | undefined {
  if (!token) return undefined;
  if (!isMapping(token)) return asWritten(token) as "read-all" | "write-all";
  return Object.fromEntries(Array.from(token, ({ key, value }) => [asWritten(key), asWritten(value) as Level]));
}

/**
 * The rights of a job's token: the job's own request, else the workflow's, else the repository's default. A map grants what it
 * names and nothing else, but for `metadata`, which every token may read
 * (docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions).
 */
export function effectivePermissions(
  workflow: PermissionsRequest | undefined,
  job: PermissionsRequest | undefined,
  fallback: () => TokenPermissions,
): TokenPermissions {
  const request = job ?? workflow;
  if (request === undefined) return fallback();
  const granted = typeof request === "string" ? shorthand(request === "write-all" ? "write" : "read") : request;
  const nothing = Object.fromEntries(Object.keys(scopes()).map((scope) => [scope, "none" as const]));
  return { ...nothing, ...granted, metadata: "read" };
}

function shorthand(level: "read" | "write"): TokenPermissions {
  return Object.fromEntries(Object.entries(scopes()).map(([scope, levels]) => [scope, highest(level, levels)]));
}

function highest(level: "read" | "write", levels: string): Level {
  if (levels === "permission-level-read-or-no-access") return "read";
  if (levels === "permission-level-write-or-no-access") return level === "write" ? "write" : "none";
  return level;
}

/** Scope -> the levels GitHub's schema allows it, so that the list is the parser's own. */
function scopes(): Record<string, string> {
  const { properties } = getWorkflowSchema().getDefinition("permissions-mapping") as MappingDefinition;
  return Object.fromEntries(Object.entries(properties).map(([scope, { type }]) => [scope, type]));
}
