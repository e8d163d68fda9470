/** What a job tells GitHub: step outputs, the summary, annotations and log lines. */
import { appendFile } from "node:fs/promises";
import { escapeMessage, type RunRecord, recordAnnotation } from "./record.ts";
import type { Settings } from "./settings.ts";

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

/** @param print takes one line; the default is standard output, which the runner reads. */
export function reportTo(
  files: Settings["files"],
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Report {
  return {
    async outputs(values) {
      const lines = Object.entries(values).map(([name, value]) => `${name}=${value.replaceAll(/[\r\n]+/g, " ")}\n`);
      await appendFile(files.output, lines.join(""));
    },
    summary: (markdown) => appendFile(files.summary, `${markdown}\n`),
    record: (record) => print(recordAnnotation(record)),
    mask: (secret) => print(`::add-mask::${secret}`),
    warning: (text) => print(`::warning title=upstream-sync::${escapeMessage(text)}`),
    error: (text) => print(`::error title=upstream-sync::${escapeMessage(text)}`),
    log: (text) => print(plain(text)),
  };
}

/** The runner obeys `::command::` at the start of a line and `##[command]` anywhere in it; logged text must do neither. */
export function plain(text: string): string {
  return text.replaceAll(/^(\s*)::/gm, "$1: :").replaceAll("##[", "# #[");
}
