/** What a proposal makes of one file; pure. */

export type ProposedFile =
  /** To be exactly this. */
  | { readonly path: string; readonly content: string }
  /** To go, when it carries our mark. */
  | { readonly path: string; readonly remove: true; readonly mark: string }
  /**
   * Our section of a file of people's: put in, exchanged, or with "" taken out. `path` is made when none of `places` is there; else
   * the first of them is changed and keeps everything that is not ours.
   */
  | { readonly path: string; readonly section: string; readonly places: readonly string[] };

/** First and last line of our section, whatever is between. */
const SECTION = /^# upstream-sync: begin\b.*\n(?:.*\n)*?# upstream-sync: end[^\S\n]*(?:\n|$)/m;

/** Paths a file is looked for at, the first that is there counts. */
export function placesOf(file: ProposedFile): readonly string[] {
  return "section" in file ? file.places : [file.path];
}

export interface Change {
  readonly path: string;
  /** null: the file goes. */
  readonly content: string | null;
}

/**
 * @param live text of the first place that is there, with its path; undefined when none is.
 * @returns nothing when the file is as it should be.
 */
export function changeOf(file: ProposedFile, live: { path: string; text: string } | undefined): Change | undefined {
  const wanted = wantedText(file, live?.text);
  const path = live?.path ?? file.path;
  return wanted === (live?.text ?? null) ? undefined : { path, content: wanted };
}

function wantedText(file: ProposedFile, live: string | undefined): string | null {
  if ("content" in file) return file.content;
  if ("remove" in file) return live === undefined || live.includes(file.mark) ? null : live;
  const without = (live ?? "").replace(SECTION, "");
  if (file.section === "")
    return live === undefined || (without.trim() === "" && live !== without) ? null : without.replace(/\n\n$/, "\n");
  if (live === undefined) return file.section;
  if (SECTION.test(live)) return live.replace(SECTION, () => file.section);
  // The last line that matches a file wins: ours come last. A blank line keeps the two apart.
  return `${live.endsWith("\n") || live === "" ? live : `${live}\n`}${live.trim() === "" ? "" : "\n"}${file.section}`;
}
