/** Fills a Markdown template. What the values mean in Markdown is decided where they are made: `code`, `tableCell`, `shellWord`. */
import { checkNames, holesIn, replaceHoles } from "./holes.ts";

/** @throws when a hole has no value or a value no hole. */
export function fillMarkdown(template: string, values: Readonly<Record<string, string>>): string {
  checkNames(holesIn(template), Object.keys(values));
  return replaceHoles(template, (name, offset) => {
    const value = values[name] as string;
    const lineStart = template.lastIndexOf("\n", offset - 1) + 1;
    return template[lineStart] === "|" ? tableCell(value) : value;
  });
}

/** A value inside one cell: `|` would begin the next one, also inside a code span. https://github.github.com/gfm/#tables-extension- */
export function tableCell(text: string): string {
  return text.replace(/\|/g, "\\|").replace(/\s*\n\s*/g, " ");
}

/** A code span that shows the text as it is: mentions, references and markup in it stay silent. */
export function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${fence}${space}${text}${space}${fence}`;
}

/** One word of a command people copy into a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
