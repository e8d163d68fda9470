/** Reading a JSON request body with GitHub's refusals. */
import { GitHubError, type RouteContext, validationFailed } from "./http.ts";

export type Body = Record<string, unknown>;

/** The request's JSON object; an empty body is an empty object, as GitHub treats it. */
export async function readBody(c: RouteContext): Promise<Body> {
  const text = await c.req.text();
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new GitHubError(400, "Problems parsing JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new GitHubError(400, "Body should be a JSON object");
  }
  return value as Body;
}

/** A field of the wrong type: GitHub's words for what its schema refuses before any model sees it. */
function wrongType(field: string, value: unknown, wanted: string): GitHubError {
  return new GitHubError(
    422,
    `Invalid request.\n\nFor 'properties/${field}', ${JSON.stringify(value)} is not ${wanted}.`,
  );
}

export function optionalString(body: Body, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw wrongType(field, value, "a string");
  return value;
}

export function requiredString(body: Body, field: string): string {
  const value = optionalString(body, field);
  if (value === undefined) throw new GitHubError(422, `Invalid request.\n\n"${field}" wasn't supplied.`);
  return value;
}

export function optionalBoolean(body: Body, field: string): boolean | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrongType(field, value, "a boolean");
  return value;
}

export function optionalStrings(body: Body, field: string): string[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    throw wrongType(field, value, "an array of strings");
  }
  return value as string[];
}

export function oneOf<T extends string>(resource: string, field: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw validationFailed(resource, field, "invalid");
  return found;
}
