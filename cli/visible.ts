/** Text of others (titles, paths, branch names, logs, what servers say) for a terminal, which obeys escapes in what is written to it. */
import pc from "picocolors";

/** As `sync/visible.ts`, which this side does not know: what turns the writing round, has no width or is no plain space counts too. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\p{NChar}]|(?! )\p{Zs}/gu;

/** As one line, with what cannot be seen written out: `\x1b`, `\u202e`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, written);
}

/** The lines of a log: colours and the like are left out, tabs are spaces. */
export function visibleLines(text: string): string[] {
  // https://en.wikipedia.org/wiki/ANSI_escape_code#Control_Sequence_Introducer_commands
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what they begin with
  const plain = text.replaceAll(/\u001b\[[0-?]*[ -/]*[@-~]/g, "").replaceAll("\t", "  ");
  return plain.split(/\r\n|\r|\n/).map(visible);
}

/**
 * The same result with every text in it as one line.
 * @param long keys of texts that have lines, left as they are.
 */
export function legible<T>(value: T, long: readonly string[] = []): T {
  const within = (one: unknown): unknown => {
    if (typeof one === "string") return visible(one);
    if (Array.isArray(one)) return one.map(within);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(
      Object.entries(one).map(([key, inner]) => [key, long.includes(key) ? inner : within(inner)]),
    );
  };
  return within(value) as T;
}

/** The last guard before a terminal: our own colours and line ends pass, everything else is written out. */
export function guarded(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with
  const ours = pc.isColorSupported ? /(\n|\u001b\[(?:[0-9]|[2-4][0-9]|9[0-7])m)/ : /(\n)/;
  return text
    .replaceAll("\t", "  ")
    .split(ours)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join("");
}

/** JSON in which nothing is invisible: read back, it is the same value. */
export function legibleJson(value: unknown): string {
  const unit = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, 2)
    .split("\n")
    .map((line) => line.replaceAll(UNSEEN, (character) => character.split("").map(unit).join("")))
    .join("\n");
}

function written(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length > 4) return `\\u{${hex}}`;
  return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`;
}
