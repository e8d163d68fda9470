/** Markdown for GitHub that notifies nobody and closes nothing; pure. */
import type { TestStep } from "./decide.ts";
import type { Conflict } from "./fold.ts";
import type { Kept } from "./policies.ts";

/**
 * Text as a code span: there GitHub makes no mention, no reference and no closing word of it, while `\@name` and
 * `&#64;name` still notify. Control characters are written out, so that a path cannot end the line.
 */
export function code(text: string, most = 300): string {
  const visible = clip(
    text.replaceAll(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`),
    most,
  );
  if (visible.trim() === "") return "` `";
  const longest = Math.max(0, ...[...visible.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 || visible !== visible.trim() ? " " : "";
  return `${fence}${pad}${visible}${pad}${fence}`;
}

/** A block of code, in which GitHub makes no mention and no reference either. */
export function fenced(language: string, lines: readonly string[]): string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence];
}

/** One word of a command that people copy into a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function testLine({ name, ok, seconds }: TestStep): string {
  return `- ${code(name)}: ${ok ? "passed" : "failed"}, ${seconds} s`;
}

export function conflictLine({ path, kind, side }: Conflict): string {
  return `- ${code(path)}: ${kind}, with ${side}`;
}

export function keptLine({ path, policy }: Kept): string {
  return `- ${policy === "keepOurs" ? "kept ours" : "stayed deleted"}: ${code(path)}`;
}

/** At most `most` lines, with the rest counted. */
export function cutLines(lines: readonly string[], most: number): string[] {
  return lines.length > most ? [...lines.slice(0, most), `- and ${lines.length - most} more`] : [...lines];
}

export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a path may hold and Markdown must not
const CONTROL = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/g;
