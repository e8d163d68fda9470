/** The YAML text of a config: its value, and where in the text each key and value stands. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import type { Path, Problem } from "./problems.ts";

export interface Place {
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** Where a path stands; what is missing stands where its nearest parent does. */
export type Locate = (path: Path, part: "key" | "value") => Place | undefined;

export type SourceText =
  | { readonly ok: true; readonly value: unknown; readonly locate: Locate }
  | { readonly ok: false; readonly problems: Problem[] };

export function parseSource(text: string): SourceText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const unreadable = (message: string, at: Place): Problem => ({
    path: "",
    ...at,
    got: `YAML that cannot be read (${message})`,
    expected: "valid YAML",
    fix: "mend this line first; the rest is checked after that",
  });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return { ok: false, problems: faults.map((fault) => unreadable(fault.message, place(fault.pos[0]))) };
  try {
    const value: unknown = document.toJS();
    return { ok: true, value, locate: (path, part) => place(offsetOf(document, path, part)) };
  } catch (error) {
    // An alias of nothing, or aliases that multiply beyond the parser's limit.
    return { ok: false, problems: [unreadable((error as Error).message, place(offsetOfBadAlias(document)))] };
  }
}

function offsetOf(document: Document, path: Path, part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    const wantsKey = part === "key" && depth === path.length - 1;
    const { child, keyOffset } = step(node, key);
    if (child === undefined && keyOffset === undefined) return offset;
    if (keyOffset !== undefined) offset = keyOffset;
    if (wantsKey) return offset;
    // A collection is found by its key: the first thing in it may be a line below.
    const isBlock = isMap(child) || isSeq(child);
    if (isNode(child) && child.range && (!isBlock || child.flow || keyOffset === undefined)) offset = child.range[0];
    node = isAlias(child) ? child.resolve(document) : child;
  }
  return offset;
}

function step(node: unknown, key: string | number): { child?: unknown; keyOffset?: number | undefined } {
  if (isSeq(node) && typeof key === "number") return { child: node.items[key] };
  if (!isMap(node)) return {};
  const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key));
  return pair ? { child: pair.value, keyOffset: isScalar(pair.key) ? pair.key.range?.[0] : undefined } : {};
}

function offsetOfBadAlias(document: Document): number {
  let offset = 0;
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document)) return undefined;
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}
