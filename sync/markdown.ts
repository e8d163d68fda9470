/** Markdown for GitHub that notifies nobody and closes nothing; pure. */

/**
 * Text as a code span: there GitHub makes no mention, no reference and no closing word of it, while `\@name` and
 * `&#64;name` still notify. Control characters are written out, so that a path cannot end the line.
 */
export function code(text: string): string {
  const visible = text.replaceAll(
    CONTROL,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  if (visible.trim() === "") return "` `";
  const longest = Math.max(0, ...[...visible.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 || visible !== visible.trim() ? " " : "";
  return `${fence}${pad}${visible}${pad}${fence}`;
}

/** A list of code spans, cut after `most` with the rest counted. */
export function codeList(items: readonly string[], most: number): string[] {
  const shown = items.slice(0, most).map((item) => `- ${code(clip(item, 300))}`);
  return items.length > most ? [...shown, `- and ${items.length - most} more`] : shown;
}

export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a path may hold and Markdown must not
const CONTROL = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/g;
