/**
 * What the program asked for on a pull request, kept in a comment of its own text: a label or a reviewer that people took
 * away stays away, and one that the configuration names anew is asked for once; pure.
 */
import { escapeUnseen } from "./visible.ts";

export interface Asked {
  readonly labels: readonly string[];
  readonly reviewers: readonly string[];
  readonly teamReviewers: readonly string[];
}

export const NOTHING: Asked = { labels: [], reviewers: [], teamReviewers: [] };

const LINE = /^<!-- upstream-sync:asked (.*) -->\r?$/m;

export function askedLine(asked: Asked): string {
  // `-->` in a label would end the comment.
  const text = escapeUnseen(JSON.stringify(asked)).replaceAll(
    /[<>-]/g,
    (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
  );
  return `<!-- upstream-sync:asked ${text} -->`;
}

/** Undefined when the body has no such line: people opened the pull request, or cut the line out. */
export function askedIn(body: string): Asked | undefined {
  try {
    const { labels, reviewers, teamReviewers } = JSON.parse(LINE.exec(body)?.[1] ?? "") as Asked;
    return { labels: [...labels], reviewers: [...reviewers], teamReviewers: [...teamReviewers] };
  } catch {
    return undefined;
  }
}

/** The body as it is, but for that line. */
export function withAsked(body: string, asked: Asked): string {
  // As a function: `$` has a meaning in the text of a replacement.
  return body.replace(LINE, () => askedLine(asked));
}

/** Something is wanted that was not asked for yet. */
export function isMissing(wanted: Asked, asked: Asked): boolean {
  return (["labels", "reviewers", "teamReviewers"] as const).some(
    (kind) => without(wanted[kind], asked[kind]).length > 0,
  );
}

/** GitHub ignores case in labels, logins and teams. */
export function without(wanted: readonly string[], ...known: readonly (readonly string[])[]): string[] {
  const names = new Set(known.flat().map((name) => name.toLowerCase()));
  return wanted.filter((name) => !names.has(name.toLowerCase()));
}
