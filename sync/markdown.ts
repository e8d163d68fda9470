/** Markdown for GitHub that notifies nobody and closes nothing; pure. */
import type { TestStep } from "./decide.ts";
import type { Conflict } from "./merge-step.ts";
import type { Kept } from "./policies.ts";
import { clip, visible } from "./visible.ts";

/** GitHub's limit for the body of a pull request or an issue, in characters. */
export const LIMIT = 65_536;

/**
 * Text as a code span: there GitHub makes no mention, no reference and no closing word of it, while `\@name` and
 * `&#64;name` still notify. What cannot be seen is written out, so that a path cannot end the line.
 */
export function code(text: string, most = 300): string {
  if (text === "") return "` `";
  const line = visible(text);
  // Of nothing but spaces Markdown shows one.
  const shown = clip(line.trim() === "" ? line.replaceAll(" ", "\\x20") : line, most);
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 || shown !== shown.trim() ? " " : "";
  return `${fence}${pad}${shown}${pad}${fence}`;
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

const KEPT = { keepOurs: "kept ours", keepDeleted: "stayed deleted", regenerate: "made anew" } as const;

export function keptLine({ path, policy }: Kept): string {
  return `- ${KEPT[policy]}: ${code(path)}`;
}

/** At most `most` lines, with the rest counted. */
export function cutLines(lines: readonly string[], most: number): string[] {
  return lines.length > most ? [...lines.slice(0, most), `- and ${lines.length - most} more`] : [...lines];
}

/** The text with the longest lists that fit into so many characters. @param short what is said where not even the shortest do. */
export function fitting(
  room: number,
  lengths: readonly number[],
  text: (most: number) => string,
  short: () => string,
): string {
  for (const most of lengths) {
    const whole = text(most);
    if (whole.length <= room) return whole;
  }
  return short();
}

/** As a part of an address in a link: in Markdown a `)` would end it. */
export function urlPart(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
