/** Text of others, such as a path or a title, as one line in which everything can be seen; pure. */

/**
 * Control characters (line ends and the start of a terminal's escapes among them), those that turn the direction of writing round or
 * have no width, spaces that are no plain space, and halves of characters.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\p{NChar}]|(?! )\p{Zs}/gu;

/** With what cannot be seen written out, `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, written);
}

function written(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length > 4) return `\\u{${hex}}`;
  return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`;
}

/** In JSON: read back, it is the same text. */
export function escapeUnseen(json: string): string {
  const unit = (one: string) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replaceAll(UNSEEN, (character) => character.split("").map(unit).join(""));
}

/** At most `most` characters; a text that was longer says how long. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = `… (${text.length} characters)`;
  const start = text.slice(0, Math.max(0, most - end.length));
  // Not through the middle of a character.
  return `${/[\ud800-\udbff]$/.test(start) ? start.slice(0, -1) : start}${end}`;
}
