/** What a job tells GitHub: step outputs, the summary, annotations and log lines. */
import { appendFile } from "node:fs/promises";
import { escapeMessage, type RunRecord, recordAnnotation } from "./record.ts";
import type { Settings } from "./settings.ts";
import { wordsFor } from "./stop.ts";
import { visible } from "./visible.ts";

export interface Report {
  /** Values must be one line: SHAs, booleans, our own words. */
  outputs(values: Readonly<Record<string, string>>): Promise<void>;
  summary(markdown: string): Promise<void>;
  record(record: RunRecord): void;
  /** From here on the runner shows `***` for it. */
  mask(secret: string): void;
  warning(text: string): void;
  error(text: string): void;
  log(text: string): void;
}

/** An end that nobody wished for: the words of git or a server go to the log, our own to everybody. */
export function reportFailure(report: Report, error: unknown): void {
  const said = error instanceof Error && "said" in error ? error.said : undefined;
  if (typeof said === "string" && said !== "") report.log(said.trimEnd());
  report.error(wordsFor(error));
}

/** @param print takes one line; the default is standard output, which the runner reads. */
export function reportTo(
  files: Settings["files"],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Report {
  return {
    async outputs(values) {
      const lines = Object.entries(values).map(([name, value]) => `${name}=${value.replaceAll(/[\0\r\n]+/g, " ")}\n`);
      await appendFile(files.output, lines.join(""));
    },
    summary: (markdown) => appendFile(files.summary, `${markdown}\n`),
    record: (record) => print(recordAnnotation(record)),
    mask: (secret) => print(`::add-mask::${secret}`),
    warning: (text) => print(annotation("warning", text)),
    error: (text) => print(annotation("error", text)),
    log: (text) => print(plain(text)),
  };
}

export function annotation(level: "warning" | "error", text: string): string {
  return `::${level} title=upstream-sync::${escapeMessage(plain(text))}`;
}

/**
 * The runner obeys `::command::` at the start of a line, after what .NET counts as space (U+0085 too), and `##[command]` anywhere in it,
 * and may compare as a language does, which overlooks what has no width; a terminal obeys escapes. Logged text must do none of it.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function plain(text: string): string {
  return text.split("\n").map(plainLine).join("\n");
}

function plainLine(line: string): string {
  const shown = visible(line.replace(/\r$/, "").replaceAll("\t", "  "));
  return shown.replace(/^( *)::/, "$1: :").replaceAll("##[", "# #[");
}
