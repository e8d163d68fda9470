/** What is wrong with a config, in the words people read. */

/** A value that breaks a rule: what the rule wants, and what to write instead. */
export interface Complaint {
  readonly expected: string;
  readonly fix: string;
}

/** A rule on one value: what is wrong with it, or nothing. */
export type Check = (value: string) => Complaint | undefined;

/** Keys and list positions from the top of the config. */
export type Path = readonly (string | number)[];

export interface Problem extends Complaint {
  /** For example `forks.acme/open-webui.pullRequest.labels[0]`; empty for the file as a whole. */
  readonly path: string;
  /** Counted from 1; absent when the config came as an object. */
  readonly line?: number;
  readonly column?: number;
  /** The value found, cut to one line. */
  readonly got: string;
}

const shownLength = 80;

/** A value as it is shown in a problem: JSON, one line, at most 80 characters. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > shownLength ? `${text.slice(0, shownLength - 1)}…` : text;
}

export function pathText(path: Path): string {
  return path.map((key, n) => (typeof key === "number" ? `[${key}]` : n === 0 ? key : `.${key}`)).join("");
}

/** One line a problem, in the form editors and terminals link: `upstream-sync.yaml:12:7 forks.x/y: got …`. */
export function formatProblems(problems: readonly Problem[], source: string): string {
  return problems
    .map(({ path, line, column, got, expected, fix }) => {
      const place = line === undefined ? source : `${source}:${line}:${column}`;
      return `${place}${path === "" ? "" : ` ${path}`}: got ${got}, expected ${expected}; fix: ${fix}`;
    })
    .join("\n");
}

/** The candidate a typing error most likely meant, if one is near enough. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const substituted = (row[j] as number) + (left === right ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
