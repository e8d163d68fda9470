/** Trimming an OpenAPI 3.0 document to some operations, as JSON Schema that ajv 8 reads. Pure. */
import type { Description, Operation, Schema } from "../server/openapi/description.ts";

type Json = Record<string, unknown>;

/** A template of either notation with its parameters' names taken out: "/repos/{}/{}/git/ref/{}". */
export function templateKey(path: string): string {
  return path.replace(/:\w+(\{[^}]*\})?|\{[^}]+\}/g, "{}").replace(/\/$/, (slash, at) => (at === 0 ? slash : ""));
}

/** Only what ajv-formats knows and GitHub means; "repo.nwo", "timestamp" and the like are names without a grammar. */
const formats = new Set(["date-time", "date", "uri", "email"]);
const dropped = new Set([
  ...["description", "example", "examples", "title", "discriminator", "externalDocs", "deprecated", "default", "xml"],
  ...["readOnly", "writeOnly", "summary"],
]);

function nullable(schema: Json): Json {
  const { nullable: isNullable, ...rest } = schema;
  if (isNullable !== true) return rest;
  if (typeof rest.type === "string") {
    const values = Array.isArray(rest.enum) ? { enum: [...rest.enum.filter((one) => one !== null), null] } : {};
    return { ...rest, ...values, type: [rest.type, "null"] };
  }
  return { anyOf: [rest, { type: "null" }] };
}

/**
 * `oneOf` becomes `anyOf`: GitHub lists alternatives that overlap (two error schemas without required fields), so that an honest
 * body fits both. A reference keeps nothing beside it.
 */
export function converted(value: unknown, note: (name: string) => void): unknown {
  if (Array.isArray(value)) return value.map((one) => converted(one, note));
  if (typeof value !== "object" || value === null) return value;
  const given = value as Json;
  if (typeof given.$ref === "string") {
    const name = given.$ref.replace("#/components/schemas/", "");
    note(name);
    return { $ref: `#/schemas/${name}` };
  }
  const result: Json = {};
  for (const [key, inner] of Object.entries(nullable(given))) {
    if (dropped.has(key) || key.startsWith("x-")) continue;
    if (key === "format") {
      if (formats.has(String(inner))) result.format = inner;
    } else if (key === "properties") {
      // Names of properties are not keywords: one of them may well be called "title" or "example".
      const properties = Object.entries(inner as Json).map(([name, schema]) => [name, converted(schema, note)]);
      result.properties = Object.fromEntries(properties);
    } else if (key === "enum" || key === "required") result[key] = inner;
    else result[key === "oneOf" ? "anyOf" : key] = converted(inner, note);
  }
  return result;
}

function bodyOf(part: Json | undefined, note: (name: string) => void): Schema | null {
  const content = part?.content as Json | undefined;
  const media = content?.["application/json"] as Json | undefined;
  return media?.schema ? (converted(media.schema, note) as Schema) : null;
}

function resolved(document: Json, value: Json): Json {
  if (typeof value.$ref !== "string") return value;
  const found = value.$ref
    .slice(2)
    .split("/")
    .reduce<unknown>((at, key) => (at as Json)[key], document);
  return found as Json;
}

function operationOf(document: Json, path: string, given: Json, note: (name: string) => void): Operation {
  const responses = Object.entries(given.responses as Json).map(([status, response]) => [
    status,
    bodyOf(resolved(document, response as Json), note),
  ]);
  const request = given.requestBody ? bodyOf(resolved(document, given.requestBody as Json), note) : null;
  return { path, ...(request ? { request } : {}), responses: Object.fromEntries(responses) };
}

/** `wanted`: "GET /repos/{}/{}", parameters without names. */
export function trimmed(
  document: Json,
  wanted: ReadonlySet<string>,
): Omit<Description, "source"> & { described: Set<string> } {
  const operations: Record<string, Operation> = {};
  const schemas: Record<string, Schema> = {};
  const open: string[] = ["basic-error", "validation-error", "validation-error-simple"];
  const described = new Set<string>();
  const note = (name: string): void => void open.push(name);
  for (const [path, methods] of Object.entries(document.paths as Json)) {
    for (const [method, operation] of Object.entries(methods as Json)) {
      const key = `${method.toUpperCase()} ${templateKey(path)}`;
      if (!wanted.has(key)) continue;
      described.add(key);
      operations[`${method.toUpperCase()} ${path}`] = operationOf(document, path, operation as Json, note);
    }
  }
  const all = (document.components as Json).schemas as Json;
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (!(name in schemas)) schemas[name] = converted(all[name], note) as Schema;
  }
  return { operations, schemas, described };
}
