/** The results so far, in a file that is whole at every moment: a long run that was stopped goes on where it was. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { failedOf, markdown, type Result, rowsOf } from "./table.ts";

export class Report {
  readonly results: Result[] = [];
  private readonly file: string | undefined;

  /** @param file undefined: nothing is written. @param resume take over what went well there. */
  constructor(file: string | undefined, resume: boolean) {
    this.file = file;
    if (file !== undefined && resume && existsSync(file)) {
      const { results }: { results: Result[] } = JSON.parse(readFileSync(file, "utf8"));
      const failed = new Set(failedOf(results));
      this.results.push(...results.filter((result) => !failed.has(result)));
    }
  }

  has(id: string): boolean {
    return this.results.some((result) => result.id === id);
  }

  add(result: Result): void {
    this.results.push(result);
    if (this.file === undefined) return;
    mkdirSync(dirname(this.file), { recursive: true });
    const { results } = this;
    const rows = rowsOf(results);
    writeAside(this.file, `${JSON.stringify({ rows, failed: failedOf(results), results }, null, 2)}\n`);
    writeAside(this.file.replace(/(\.json)?$/, ".md"), markdown(rows));
  }
}

function writeAside(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
