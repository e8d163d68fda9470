import { expect, test } from "@jest/globals";
import { terminalSvg } from "../../tools/terminal-svg.ts";

const rows = (output: string, columns = 80) =>
  [...terminalSvg({ title: "a & b", output, columns }).matchAll(/<text [^>]*>(?<row>.*)<\/text>/g)].map(({ groups }) =>
    groups?.row?.replaceAll("\u00a0", " "),
  );

test("colours and weights become styles, other escape sequences go, and what XML would read is written out", () => {
  expect(
    rows("\u001b[1m\u001b[32mok\u001b[39m\u001b[22m  <a> & b\r\n\u001b[1G\u001b[0J[dev] \u001b[2mwhy\u001b[22m"),
  ).toEqual(['<tspan class="green">ok</tspan>  &lt;a&gt; &amp; b', '[dev] <tspan class="dim">why</tspan>']);
});

test("a long line is broken where a terminal breaks it, in its colour", () => {
  expect(rows("abcd\u001b[31mefgh\u001b[39m", 6)).toEqual([
    'abcd<tspan class="red">ef</tspan>',
    '<tspan class="red">gh</tspan>',
  ]);
});

test("an empty line keeps its place", () => {
  const svg = terminalSvg({ title: "a & b", output: "one\n\ntwo\n", columns: 80 });
  expect([...svg.matchAll(/ y="(\d+)"/g)].map(([, y]) => Number(y))).toEqual([54, 92]);
  expect(svg).toContain("<title>a &amp; b</title>");
});
