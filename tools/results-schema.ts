/** JSON Schema of what `--json` prints, and the page about it, from the types in cli/results.ts. */
import { join } from "node:path";
import ts from "typescript";

export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

/** @returns verb as it is typed -> schema of what it prints. @param root the repository. */
export function resultsSchema(root: string): Readonly<Record<string, Schema>> {
  const file = join(root, "cli", "results.ts");
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { tsBuildInfoFile: _, ...options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [file] },
    ts.sys,
    root,
  ).options;
  const program = ts.createProgram([file], { ...options, noEmit: true, incremental: false });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const declared = source?.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === "Results",
  );
  if (declared === undefined) throw new Error(`${file}: expected an interface Results`);
  return schemaOf(checker, checker.getTypeAtLocation(declared)).properties ?? {};
}

function schemaOf(checker: ts.TypeChecker, type: ts.Type): Schema {
  const { flags } = type;
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
  if (flags & ts.TypeFlags.Null) return { type: "null" };
  if (flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === "true" };
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
  if (flags & ts.TypeFlags.Boolean) return { type: "boolean" };
  if (flags & ts.TypeFlags.String) return { type: "string" };
  if (flags & ts.TypeFlags.Number) return { type: "number" };
  if (type.isUnion()) return unionSchema(type.types.map((one) => schemaOf(checker, one)).filter(isPrinted));
  if (checker.isTupleType(type)) {
    const parts = checker.getTypeArguments(type as ts.TypeReference).map((one) => schemaOf(checker, one));
    return { type: "array", prefixItems: parts, minItems: parts.length, items: false };
  }
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    return { type: "array", items: item ? schemaOf(checker, item) : {} };
  }
  if (flags & ts.TypeFlags.Undefined) return notPrinted;
  if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return objectSchema(checker, type);
  throw new Error(`what --json prints has a type without a schema: ${checker.typeToString(type)}`);
}

/** Stands for `undefined`, which JSON leaves out. */
const notPrinted: Schema = {};
const isPrinted = (schema: Schema): boolean => schema !== notPrinted;

function unionSchema(parts: readonly Schema[]): Schema {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  const literals = parts.flatMap((part) => ("const" in part ? [part.const] : []));
  const rest = parts.filter((part) => !("const" in part));
  if (literals.length === 2 && literals.every((value) => typeof value === "boolean")) {
    return unionSchema([...rest, { type: "boolean" }]);
  }
  if (rest.length === 0) return { enum: literals };
  if (literals.length === 0) return { anyOf: rest };
  return { anyOf: [...rest, literals.length === 1 ? { const: literals[0] } : { enum: literals }] };
}

function objectSchema(checker: ts.TypeChecker, type: ts.Type): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const property of checker.getPropertiesOfType(type)) {
    const value = checker.getTypeOfSymbol(property);
    const members = value.isUnion() ? value.types : [value];
    const optional =
      (property.flags & ts.SymbolFlags.Optional) !== 0 ||
      members.some(({ flags }) => (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Unknown)) !== 0);
    const words = ts.displayPartsToString(property.getDocumentationComment(checker)).replace(/\s*\n\s*/g, " ");
    properties[property.name] = { ...(words ? { description: words } : {}), ...schemaOf(checker, value) };
    if (!optional) required.push(property.name);
  }
  const [index] = checker.getIndexInfosOfType(type);
  const additionalProperties = index === undefined ? false : schemaOf(checker, index.type);
  return { type: "object", properties, required, additionalProperties };
}

/** The page for people: a table a verb, a row a key. */
export function resultsPage(results: Readonly<Record<string, Schema>>): string {
  const verbs = Object.entries(results);
  const parts = verbs.flatMap(([verb, schema]) => {
    const [first = verb] = verbs.find(([, other]) => JSON.stringify(other) === JSON.stringify(schema)) ?? [];
    const heading = [`## upstream-sync ${verb}`, ""];
    if (first !== verb) return [...heading, `As [${first}](#upstream-sync-${first.replaceAll(" ", "-")}).`, ""];
    return [...heading, ...tableOf(schema), ""];
  });
  const record = findRecord({ anyOf: Object.values(results) });
  if (record)
    parts.push(
      "## The run record",
      "",
      "What a run of the workflow left behind. Keys of later versions are passed on.",
      "",
      ...tableOf(record),
    );
  return `# What --json prints

Every verb that gives a result prints it with \`--json\`: one JSON value on stdout, and nothing else there. Progress and questions go to stderr. An error prints no JSON: its
message is on stderr, and the [exit code](verbs.md#exit-codes) says what kind it was. Keys are only added within a version of the config format; a key that is
marked "may be missing" is left out when there is nothing to say.

The same for machines: [schema/results.schema.json](../schema/results.schema.json), with one definition a verb. Page and schema are made from the types in \`cli/results.ts\`
(\`npm run schema\`); the end-to-end tests check what is really printed against the schema.

${parts.join("\n").trimEnd()}
`;
}

function tableOf(schema: Schema): string[] {
  const rows = rowsOf(schema, "").map(({ key, is, meaning }) => `| \`${key}\` | ${is} | ${meaning} |`);
  return ["| key | is | meaning |", "| --- | --- | --- |", ...rows];
}

/** The same in every verb, so it is told once. */
const recordKey = "record";

function findRecord(schema: Schema): Schema | undefined {
  const below = [
    ...(schema.anyOf ?? []),
    ...(schema.items ? [schema.items] : []),
    ...Object.values(schema.properties ?? {}),
  ];
  return schema.properties?.[recordKey] ?? below.map(findRecord).find((found) => found !== undefined);
}

interface Row {
  readonly key: string;
  readonly is: string;
  readonly meaning: string;
}

function rowsOf(schema: Schema, path: string): Row[] {
  const required = new Set(schema.required);
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const key = path === "" ? name : `${path}.${name}`;
    const missing = required.has(name) ? "" : ", may be missing";
    const meaning = (value.description ?? "").replaceAll("|", "\\|");
    if (name === recordKey) return [{ key, is: `[the run record](#the-run-record)${missing}`, meaning }];
    return [{ key, is: `${wordsOf(value)}${missing}`, meaning }, ...rowsBelow(value, key)];
  });
  return [...own, ...(path === "" ? alternatives(schema) : [])];
}

/** Of a value that is one of several objects, the keys of each. */
function alternatives({ anyOf = [] }: Schema): Row[] {
  const rows = new Map<string, Row>();
  const always = ({ key }: Row) => anyOf.every((one) => one.required?.includes(key.split(/[.[]/, 1)[0] as string));
  for (const row of anyOf.flatMap((one) => rowsOf(one, ""))) {
    const before = rows.get(row.key);
    const both = before && before.is !== row.is ? `${before.is}, ${row.is}` : row.is;
    rows.set(row.key, { ...row, is: both, meaning: before?.meaning || row.meaning });
  }
  return [...rows.values()].map((row) => (always(row) ? row : { ...row, is: `${row.is}, may be missing` }));
}

function rowsBelow(schema: Schema, path: string): Row[] {
  if (schema.items) return rowsBelow(schema.items, `${path}[]`);
  if (schema.properties) return rowsOf(schema, path);
  return (schema.anyOf ?? []).flatMap((one) => rowsBelow(one, path));
}

function wordsOf(schema: Schema): string {
  if ("const" in schema) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (schema.anyOf) return schema.anyOf.map(wordsOf).toReversed().join(" or ");
  if (schema.prefixItems) return `list of ${schema.prefixItems.length}`;
  if (schema.items) return schema.items.properties ? "list" : `list of ${wordsOf(schema.items)}`;
  return schema.type ?? "any value";
}
