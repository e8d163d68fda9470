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

/** First and last line of our section, whatever is between, and however its lines end. */
const SECTION = /^# upstream-sync: begin\b[^\n]*\n(?:[^\n]*\n)*?# upstream-sync: end[^\S\n]*(?:\n|$)/gm;

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
  return file.section === "" ? withoutSection(live) : withSection(live, file.section);
}

/** @returns null when there is nothing else. */
function withoutSection(live: string | undefined): string | null {
  const without = (live ?? "").replace(SECTION, "");
  if (live === undefined || (without.trim() === "" && live !== without)) return null;
  return live === without ? live : without.replace(/(\r?\n)\r?\n$/, "$1");
}

/** Where it stands already, whoever put it there, it is exchanged there; a second copy goes. */
function withSection(live: string | undefined, section: string): string {
  if (live === undefined) return section;
  const [first, ...others] = live.match(SECTION) ?? [];
  if (first !== undefined) {
    // Lines that end as in Windows are the same lines.
    const wanted = first.includes("\r\n") ? section.replaceAll("\n", "\r\n") : section;
    if (others.length === 0 && first.trimEnd() === wanted.trimEnd()) return live;
    let copies = 0;
    return live.replace(SECTION, () => (copies++ === 0 ? wanted : ""));
  }
  // The last line that matches a file wins: ours come last. A blank line keeps the two apart.
  return `${live.endsWith("\n") || live === "" ? live : `${live}\n`}${live.trim() === "" ? "" : "\n"}${section}`;
}
