/** Fills a YAML template whose holes are whole scalars, `__LIKE_THIS__`; quoting is the YAML library's business. */
import { type Document, isScalar, parseDocument, Scalar, visit } from "yaml";
import { checkNames, holesIn, isHole, nameOf } from "./holes.ts";

/** Text that GitHub Actions is meant to evaluate. Everything else with `${{` in it is refused. */
export interface Expression {
  readonly expression: string;
}

export type Plain = string | number | boolean | Expression | readonly Plain[] | { readonly [key: string]: Plain };

/** A list goes where a hole is an item of a list (`- __STEPS__`) and takes its place there; the others replace one scalar. */
export type HoleValue = string | number | boolean | Expression | readonly Plain[];

export function expression(text: string): Expression {
  return { expression: text };
}

/** @throws when a hole has no value, a value no hole, a hole is only part of a scalar, or a value would be evaluated by Actions. */
export function fillTemplate(template: string, values: Readonly<Record<string, HoleValue>>): string {
  const document = parseDocument(template, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault) throw new Error(`the template is not valid YAML: ${fault.message}`);

  checkNames(wholeScalarHoles(document, template), Object.keys(values));
  visit(document, {
    Seq(_, node) {
      node.items = node.items.flatMap((item) =>
        isScalar(item) && isHole(item.value) ? spliced(document, item, values) : [item],
      );
    },
    Scalar(_, node) {
      if (!isHole(node.value)) return undefined;
      const value = values[nameOf(node.value)] as HoleValue;
      if (Array.isArray(value))
        throw new Error(`the hole ${node.value} takes a list, so it has to be an item of a list`);
      return keepComments(node, toNode(document, value, nameOf(node.value)) as Scalar);
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** Every hole of the template by name. A hole in a comment, a key or a longer scalar cannot be filled through the parser. */
function wholeScalarHoles(document: Document, template: string): string[] {
  const names: string[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key !== "key" && isHole(node.value)) names.push(nameOf(node.value));
    },
  });
  const all = holesIn(template);
  if (all.length !== names.length) {
    const partial = all.filter((name) => !names.includes(name));
    throw new Error(
      `a hole has to be a whole YAML value, not a part of one, a key or a comment: __${partial[0] ?? all[0]}__`,
    );
  }
  return names;
}

function spliced(document: Document, hole: Scalar, values: Readonly<Record<string, HoleValue>>): unknown[] {
  const name = nameOf(hole.value as string);
  const value = values[name] as HoleValue;
  if (!Array.isArray(value)) return [keepComments(hole, toNode(document, value, name) as Scalar)];
  if (value.length === 0) throw new Error(`the hole __${name}__ got an empty list: expected at least one item`);
  const nodes = value.map((item: Plain) => toNode(document, item, name));
  if (nodes[0]) keepComments(hole, nodes[0]);
  return nodes;
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
