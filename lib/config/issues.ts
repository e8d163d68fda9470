/** zod's issues in our words. */
import { z } from "zod";
import { reservedKeys } from "./not-yet.ts";
import { type Complaint, didYouMean, type Path } from "./problems.ts";

export interface Issue extends Complaint {
  readonly path: Path;
  /** Whether the key is wrong, not its value. */
  readonly at: "key" | "value";
}

type ZodIssue = z.core.$ZodIssue;

/** @param schema what was parsed: names the keys an unknown one may stand for. */
export function issuesOf(issues: readonly ZodIssue[], schema: z.ZodType, base: Path = []): Issue[] {
  return issues.flatMap((issue) => translate(issue, schema, base));
}

function translate(issue: ZodIssue, schema: z.ZodType, base: Path): Issue[] {
  const path: Path = [...base, ...(issue.path as Path)];
  const one = (expected: string, fix: string, at: Issue["at"] = "value"): Issue[] => [{ path, at, expected, fix }];
  switch (issue.code) {
    case "custom":
      return one(String(issue.params?.expected ?? issue.message), String(issue.params?.fix ?? "see the schema"));
    case "invalid_type":
      return one(...typeWords(issue.expected, path, issue.input === undefined));
    case "invalid_value":
      return one(...choiceWords(issue.values.map(String), issue.input));
    case "too_big":
      return one(`at most ${issue.maximum}`, `write ${issue.maximum} or less`);
    case "too_small":
      return issue.origin === "number"
        ? one(`at least ${issue.minimum}`, `write ${issue.minimum} or more`)
        : one("something in it", "write at least one item, or remove the key to get the default");
    case "unrecognized_keys":
      return issue.keys
        .filter((key) => !reservedKeys.includes(key))
        .map((key) => unknownKey(key, [...path, key], keysAt(schema, issue.path as Path)));
    case "invalid_key":
      return issuesOf(issue.issues, schema, path).map((inner) => ({ ...inner, at: "key" }));
    case "invalid_union":
      return unionIssues(issue, schema, path);
    default:
      return one(issue.message, "see the schema");
  }
}

/** Of a union's branches, the one whose kind of value was written; else what all of them want. */
function unionIssues(issue: Extract<ZodIssue, { code: "invalid_union" }>, schema: z.ZodType, path: Path): Issue[] {
  if ("options" in issue && issue.options && issue.discriminator !== undefined) {
    const chosen = (issue.input as Record<string, unknown> | undefined)?.[issue.discriminator];
    const [expected, fix] = choiceWords(issue.options.map(String), chosen);
    return [{ path, at: "value", expected, fix }];
  }
  const branches = issue.errors.map((errors) => ({ errors, wrongKind: errors.some(isWrongKind) }));
  const meant = branches.find((branch) => !branch.wrongKind);
  if (meant) return issuesOf(meant.errors, schema, path);
  const wanted = branches.flatMap((branch) =>
    issuesOf(branch.errors, schema, path).filter((inner) => inner.path.length === path.length),
  );
  const expected = [...new Set(wanted.map((inner) => inner.expected))].join(", or ") || issue.message;
  return [{ path, at: "value", expected, fix: wanted[0]?.fix ?? "see the schema" }];
}

function isWrongKind(issue: ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function typeWords(type: string, path: Path, missing: boolean): [string, string] {
  const key = String(path.at(-1) ?? "");
  if (missing && type === "string") return ["text", `add ${key}:`];
  switch (type) {
    case "string":
      return ["text", "write text, in quotes if it looks like a number or a date"];
    case "int":
    case "number":
      return ["a whole number", "write digits, without quotes"];
    case "boolean":
      return ["true or false", "write true or false, without quotes"];
    case "array":
      return ["a list", `write ${key}: [one, two]`];
    default:
      return [
        "keys and values",
        key === "" ? "write keys and values" : `write keys and values, indented below ${key}:`,
      ];
  }
}

function choiceWords(choices: readonly string[], input: unknown): [string, string] {
  const near = typeof input === "string" ? didYouMean(input, choices) : undefined;
  const expected = choices.length === 1 ? String(choices[0]) : `one of ${choices.join(", ")}`;
  return [expected, near === undefined ? `write ${choices[0]}` : `did you mean ${near}?`];
}

function unknownKey(key: string, path: Path, known: readonly string[]): Issue {
  const near = didYouMean(key, known);
  return {
    path,
    at: "key",
    expected: known.length === 0 ? "no such key" : `one of ${known.join(", ")}`,
    fix: near === undefined ? "remove it" : `did you mean ${near}?`,
  };
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** The keys allowed at a path, read from the JSON Schema that zod writes of itself. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let nodes = alternatives(z.toJSONSchema(schema, { io: "input" }) as SchemaNode);
  for (const key of path) {
    nodes = nodes.flatMap((node) => {
      const child =
        node.properties?.[key] ??
        (typeof node.additionalProperties === "object" ? node.additionalProperties : node.items);
      return child ? alternatives(child) : [];
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function alternatives(node: SchemaNode): SchemaNode[] {
  return [node, ...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((one) =>
    one === node ? [one] : alternatives(one),
  );
}
