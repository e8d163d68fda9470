/** The workflow and the document as people find them on the fork's branches, against what the config renders now. */
import { createTwoFilesPatch, structuredPatch } from "diff";
import type { RenderedFiles } from "../render/files.ts";
import { type Finding, notOk, ok } from "./check.ts";
import { agreement, digestOf, shortDigest } from "./digests.ts";

export interface FoundFile {
  readonly kind: "workflow" | "document";
  readonly path: string;
  /** As people say it: `on dev (latest)`, `in ../clone`. */
  readonly place: string;
  /** Undefined where it is not. */
  readonly text: string | undefined;
  /** Only an apply's own branches hold today's text; on the others an older one waits for its pull request. */
  readonly home: boolean;
}

export interface FileFinding extends Finding {
  readonly file: FoundFile["kind"];
  readonly path: string;
  readonly place: string;
  /** That the file carries; null where it has none. */
  readonly digest: string | null;
  /** Lines of the file as found, first and last; where lines are missing, the line that follows, twice. */
  readonly differing: readonly (readonly [number, number])[];
  /** From the file as found to the file as configured, unified. */
  readonly diff: string;
}

export interface SetUpFindings {
  readonly files: readonly FileFinding[];
  /** Undefined where one of the two is not there. */
  readonly agreement: Finding | undefined;
}

/** @param found the workflow and the newest document first: these two have to agree. */
export function compareSetUp(rendered: RenderedFiles, repository: string, found: readonly FoundFile[]): SetUpFindings {
  const workflow = found.find(({ kind }) => kind === "workflow");
  const document = found.find(({ kind }) => kind === "document");
  const both =
    workflow?.text !== undefined && document?.text !== undefined
      ? agreement(
          { workflow: workflow.text, document: document.text },
          `${document.path} ${document.place}`,
          apply(repository),
        )
      : undefined;
  return { files: found.map((file) => compareFile(rendered, repository, file)), agreement: both };
}

function compareFile(rendered: RenderedFiles, repository: string, file: FoundFile): FileFinding {
  const { kind, path, place, text } = file;
  const expected = rendered[kind].content;
  const digest = text === undefined ? undefined : digestOf(kind, text);
  const differing = text === undefined ? [] : differingLines(text, expected);
  const diff =
    text === undefined || differing.length === 0
      ? ""
      : createTwoFilesPatch(`${path} ${place}`, `${path} as configured`, text, expected, "", "", { context: 2 })
          .split("\n")
          .slice(1) // a line of "=" that no tool needs
          .join("\n");
  const finding = judge(file, digest, rendered.digest, repository, linesText(differing));
  const unsaid = kind === "document" && finding.state !== "ok" && digest !== undefined && digest !== rendered.digest;
  const toSay =
    unsaid && lastRow(text ?? "") === lastRow(expected)
      ? { remedy: `say what changed in a new line of document.history, then ${finding.remedy}` }
      : {};
  return { file: kind, path, place, digest: digest ?? null, differing, diff, ...finding, ...toSay };
}

function judge(
  { text, home }: FoundFile,
  digest: string | undefined,
  expected: string,
  repository: string,
  lines: string,
): Finding {
  if (text === undefined) return home ? notOk("it is not there", apply(repository)) : ok("not there yet");
  if (lines === "") return ok(`as configured, digest ${shortDigest(digest)}`);
  if (digest === undefined) {
    return notOk(`it carries no digest: not made by upstream-sync, or cut; ${lines}`, plan(repository));
  }
  if (digest === expected) {
    return notOk(
      `changed by hand: ${lines} from what the config renders`,
      `put what is wanted into upstream-sync.yaml, then ${apply(repository)}`,
    );
  }
  const versions = `digest ${shortDigest(digest)}, the config renders ${shortDigest(expected)}`;
  return home
    ? notOk(`made from another config or version (${versions}): ${lines}`, plan(repository))
    : ok(`another version (${versions}): the newest comes by pull request`);
}

/** Of the version history, without the digest: the same before and after a change means that nobody said what it is. */
function lastRow(document: string): string | undefined {
  return document
    .match(/^\| \d+ \| .*$/gm)
    ?.at(-1)
    ?.replace(/`[0-9a-f]{12}`/, "");
}

function differingLines(found: string, expected: string): [number, number][] {
  const { hunks } = structuredPatch("", "", found, expected, "", "", { context: 0 });
  return hunks.map(({ oldStart, oldLines }) => [oldStart, oldStart + Math.max(oldLines, 1) - 1]);
}

const shownPlaces = 6;

function linesText(ranges: readonly (readonly [number, number])[]): string {
  if (ranges.length === 0) return "";
  const shown = ranges.slice(0, shownPlaces).map(([first, last]) => (first === last ? first : `${first}-${last}`));
  const more = ranges.length - shown.length;
  if (ranges.length === 1 && typeof shown[0] === "number") return `line ${shown[0]} differs`;
  return `lines ${shown.join(", ")}${more > 0 ? ` and ${more} more ${more === 1 ? "place" : "places"}` : ""} differ`;
}

function apply(repository: string): string {
  return `upstream-sync apply ${repository}`;
}

function plan(repository: string): string {
  return `upstream-sync plan ${repository}`;
}
