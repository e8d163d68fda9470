/** What a terminal shows, as SVG: text with the colours and weights that the product prints; pure. */

export interface Picture {
  /** Said by screen readers. */
  readonly title: string;
  /** As a terminal gets it, with its esc sequences. */
  readonly output: string;
  readonly columns: number;
}

interface Run {
  readonly text: string;
  readonly style: string;
}

const [charWidth, lineHeight, margin, top] = [7.83, 19, 16, 40];

export function terminalSvg({ title, output, columns }: Picture): string {
  const lines = screenLines(output, columns);
  const width = Math.ceil(Math.max(40, ...lines.map(lengthOf)) * charWidth + 2 * margin);
  const height = top + lines.length * lineHeight + margin;
  const rows = lines.map((runs, n) => {
    const spans = runs.map(({ text, style }) => (style ? `<tspan class="${style}">${xml(text)}</tspan>` : xml(text)));
    return spans.length === 0 ? "" : `<text x="${margin}" y="${top + n * lineHeight + 14}">${spans.join("")}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${xml(title).replaceAll("\u00a0", " ")}</title>
<style>
rect { fill: #16191f } circle { fill: #3d444d }
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d1d7e0 }
.bold { font-weight: bold; fill: #f0f6fc } .dim { fill: #9198a1 } .red { fill: #ff7b72 } .green { fill: #3fb950 } .yellow { fill: #e3b341 }
</style>
<rect width="${width}" height="${height}" rx="8"/>
<circle cx="20" cy="18" r="5"/><circle cx="38" cy="18" r="5"/><circle cx="56" cy="18" r="5"/>
${rows.filter(Boolean).join("\n")}
</svg>
`;
}

const styles: Readonly<Record<string, string>> = { 1: "bold", 2: "dim", 31: "red", 32: "green", 33: "yellow" };

const esc = "\u001b";
const sequence = new RegExp(`(${esc}\\[[0-9;?]*[A-Za-z])`);
const colour = new RegExp(`^${esc}\\[(\\d*)m$`);

/** Lines as they stand on the screen, long ones broken as a terminal breaks them. Of esc sequences only colours and weights count. */
function screenLines(output: string, columns: number): Run[][] {
  let style = "";
  const lines = output
    .replaceAll("\r", "")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const runs: Run[] = [];
      for (const part of line.split(sequence)) {
        const code = colour.exec(part)?.[1];
        if (code !== undefined) style = styles[code] ?? "";
        else if (!part.startsWith(esc) && part !== "") runs.push({ text: part, style });
      }
      return runs;
    });
  return lines.flatMap((runs) => broken(runs, columns));
}

function broken(runs: readonly Run[], columns: number): Run[][] {
  const lines: Run[][] = [[]];
  let free = columns;
  for (const { text, style } of runs) {
    for (let rest = text; rest !== ""; ) {
      if (free === 0) {
        lines.push([]);
        free = columns;
      }
      const part = rest.slice(0, free);
      lines.at(-1)?.push({ text: part, style });
      rest = rest.slice(part.length);
      free -= part.length;
    }
  }
  return lines;
}

function lengthOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { text }) => sum + text.length, 0);
}

function xml(text: string): string {
  // Not every viewer keeps a row of spaces; all keep these.
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0");
}
