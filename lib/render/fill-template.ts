/** Fills a YAML template whose holes are whole scalars, `__LIKE_THIS__`; quoting is the YAML library's business. */
import { type Document, isMap, isPair, isScalar, isSeq, parseDocument, Scalar, visit } from "yaml";
import { checkNames, holesIn, isHole, nameOf } from "./holes.ts";

/** Text that GitHub Actions is meant to evaluate. Everything else with `${{` in it is refused. */
export interface Expression {
  readonly expression: string;
}

export type Plain = string | number | boolean | Expression | readonly Plain[] | { readonly [key: string]: Plain };

/** A part of the workflow with a template of its own, whose comments come along. */
export interface Fragment {
  readonly template: string;
  readonly values: Readonly<Record<string, HoleValue>>;
}

/**
 * A list goes where a hole is an item of a list (`- __STEPS__`) and takes its place there; `undefined` takes the key of the
 * hole away with it; the others replace one scalar.
 */
export type HoleValue = Plain | Fragment | undefined;

export function expression(text: string): Expression {
  return { expression: text };
}

/** @throws when a hole has no value, a value no hole, a hole is only part of a scalar, or a value would be evaluated by Actions. */
export function fillTemplate(template: string, values: Readonly<Record<string, HoleValue>>): string {
  return filled(template, values).toString({ lineWidth: 0, flowCollectionPadding: false });
}

function filled(template: string, values: Readonly<Record<string, HoleValue>>): Document {
  const document = parseDocument(template);
  const fault = document.errors[0];
  if (fault) throw new Error(`the template is not valid YAML: ${fault.message}`);

  // Found first and filled afterwards, so that a value that looks like a hole stays a value.
  const holes = findHoles(document);
  const names = holes.map((hole) => hole.name);
  wholeOnly(names, template);
  checkNames(names, Object.keys(values));
  for (const hole of holes) fill(document, hole, values[hole.name]);
  return document;
}

interface Hole {
  readonly name: string;
  readonly node: Scalar;
  /** A pair, or a list. */
  readonly parent: unknown;
  /** What the parent stands in. */
  readonly mapping: unknown;
}

function findHoles(document: Document): Hole[] {
  const holes: Hole[] = [];
  visit(document, {
    Scalar(key, node, path) {
      if (key !== "key" && isHole(node.value))
        holes.push({ name: nameOf(node.value), node, parent: path.at(-1), mapping: path.at(-2) });
    },
  });
  return holes;
}

/** A hole in a comment, a key or a longer scalar cannot be filled through the parser. */
function wholeOnly(names: readonly string[], template: string): void {
  const all = holesIn(template);
  if (all.length === names.length) return;
  const partial = all.find((name) => !names.includes(name)) ?? all[0];
  throw new Error(`a hole has to be a whole YAML value, not a part of one, a key or a comment: __${partial}__`);
}

function fill(document: Document, { name, node, parent, mapping }: Hole, value: HoleValue): void {
  if (value === undefined) {
    if (!isPair(parent) || !isMap(mapping))
      throw new Error(`the hole __${name}__ got nothing, so it has to be the value of a key`);
    mapping.items.splice(mapping.items.indexOf(parent), 1);
    return;
  }
  if (Array.isArray(value)) {
    if (!isSeq(parent)) throw new Error(`the hole __${name}__ takes a list, so it has to be an item of a list`);
    if (value.length === 0) throw new Error(`the hole __${name}__ got an empty list: expected at least one item`);
    const items = value.map((item: Plain) => toNode(document, item, name));
    keepComments(node, items[0] as Commented);
    parent.items.splice(parent.items.indexOf(node), 1, ...items);
    return;
  }
  const made = isFragment(value)
    ? filled(value.template, value.values).contents
    : toNode(document, value as Plain, name);
  const now = keepComments(node, made as Commented);
  if (isPair(parent)) parent.value = now;
  else if (isSeq(parent)) parent.items[parent.items.indexOf(node)] = now;
  else throw new Error(`the hole __${name}__ is the whole template: expected it to be a value or an item`);
}

function isFragment(value: HoleValue): value is Fragment {
  return typeof value === "object" && "template" in value && "values" in value;
}

interface Commented {
  comment?: string | null;
  commentBefore?: string | null;
  spaceBefore?: boolean;
}

function keepComments<Target extends Commented>(from: Commented, to: Target): Target {
  if (from.comment) to.comment = from.comment;
  if (from.commentBefore) to.commentBefore = from.commentBefore;
  if (from.spaceBefore) to.spaceBefore = from.spaceBefore;
  return to;
}

function toNode(document: Document, value: Plain, name: string) {
  const node = document.createNode(plain(value, name));
  if (isScalar(node)) quote(node, value);
  else {
    visit(node, {
      Scalar(key, scalar) {
        if (key !== "key") quote(scalar, scalar.value);
      },
    });
  }
  return node;
}

/** Quotes say to every YAML reader that a string is one: `on`, `1e3` and `12:30` are not strings to all of them. */
function quote(node: Scalar, value: unknown): void {
  if (typeof value !== "string") return;
  if (value.includes("\n")) node.type = Scalar.BLOCK_LITERAL;
  else node.type = value.includes('"') || value.includes("\\") ? Scalar.QUOTE_SINGLE : Scalar.QUOTE_DOUBLE;
}

function plain(value: Plain, name: string): unknown {
  if (typeof value === "string") {
    if (value.includes("${{"))
      throw new Error(`the value of __${name}__ holds \${{, which GitHub Actions evaluates: mark it with expression()`);
    return value;
  }
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => plain(item, name));
  if ("expression" in value && Object.keys(value).length === 1) return value.expression;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, name)]));
}
