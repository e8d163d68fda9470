/** The one table at the end; pure. */
import type { Verdict } from "./trial.ts";

export interface Result extends Verdict {
  readonly story: string;
  readonly id: string;
  readonly seconds: number;
}

export interface Row {
  readonly story: string;
  readonly cut: number;
  readonly converged: number;
  readonly lost: number;
}

export function rowsOf(results: readonly Result[]): Row[] {
  const stories = [...new Set(results.map(({ story }) => story))].sort();
  const rows = stories.map((story) =>
    row(
      story,
      results.filter((one) => one.story === story),
    ),
  );
  return [...rows, row("all", results)];
}

export function failedOf(results: readonly Result[]): Result[] {
  return results.filter(({ converged, lost }) => !converged || lost.length > 0);
}

function row(story: string, results: readonly Result[]): Row {
  return {
    story,
    cut: results.length,
    converged: results.filter((one) => one.converged).length,
    lost: results.reduce((sum, one) => sum + one.lost.length, 0),
  };
}

export function markdown(rows: readonly Row[]): string {
  const cells = [
    ["story", "cut", "converged", "lost"],
    ["---", "--:", "--:", "--:"],
    ...rows.map(({ story, cut, converged, lost }) => [story, cut, converged, lost].map(String)),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) => {
      const padded = line.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      );
      return `| ${padded.join(" | ")} |\n`;
    })
    .join("");
}
