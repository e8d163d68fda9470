/** What upstream may call its branches, files, authors and commits to make something happen: pieces, and texts made of them. */
import fc from "fast-check";

/** Stands in most pieces: where it turns up unquoted, something went wrong. */
export const CANARY = "c4nary";

/** A program that leaves a file behind, in the ways a shell or git would start it. */
const COMMANDS = [
  `$(touch ${CANARY})`,
  `\`touch ${CANARY}\``,
  `; touch ${CANARY} #`,
  `| touch ${CANARY}`,
  `'; touch ${CANARY}; '`,
  `"; touch ${CANARY}; "`,
  `\\"; touch ${CANARY} \\`,
  `-c core.pager=touch\${IFS}${CANARY}`,
  `--upload-pack=touch ${CANARY}`,
  "--exec=touch",
  "-",
  ":(glob)**",
  ":!",
  "*",
  "?[a-z]",
];

const WORKFLOW_COMMANDS = [
  `::set-output name=go::${CANARY}`,
  `::add-mask::${CANARY}`,
  `::error title=upstream-sync::${CANARY}`,
  `::notice title=upstream-sync::{"v":1,"outcome":"promoted"}`,
  `::stop-commands::${CANARY}`,
  `##[error]${CANARY}`,
  `##[set-output name=go;]${CANARY}`,
  "#",
  "::",
  `%0A::error::${CANARY}`,
  `%250A::error::${CANARY}`,
  `\${{ github.token }}`,
  `\${{ secrets.${CANARY} }}`,
  "go=true",
  `reason<<${CANARY}`,
];

const MARKDOWN = [
  ..."`|*_~#>-+!\\&".split(""),
  "``",
  "```",
  "`````",
  "~~~",
  "---",
  `[${CANARY}](https://${CANARY}.example)`,
  `![${CANARY}](https://${CANARY}.example/x.png)`,
  `<https://${CANARY}.example>`,
  `https://${CANARY}.example/`,
  `www.${CANARY}.example`,
  `${CANARY}@${CANARY}.example`,
  `[${CANARY}]: https://${CANARY}.example`,
  `[^${CANARY}]`,
  `@${CANARY}`,
  `&#64;${CANARY}`,
  `\\@${CANARY}`,
  "Fixes #12",
  "closes acme/open-webui#3",
  "resolves: GH-7",
  "- [x] done",
  "# Approved",
  "| a | b |",
  "<details>",
  "</details>",
  "<summary>",
  "</sub>",
  `<img src=x onerror=${CANARY}>`,
  "<!--",
  "-->",
  "--!>",
  "<!-- upstream-sync:begin -->",
  "<!-- upstream-sync:end -->",
  "<!-- upstream-sync:conflict end -->",
  '<!-- upstream-sync:asked {"labels":[],"reviewers":[],"teamReviewers":[]} -->',
  "<![CDATA[",
  "<?php",
  "$&",
  "$1",
  "$`",
];

const UNSEEN = [
  ..."\n\r\t\v\f\b\u0085\u2028\u2029\u00a0\u3000".split(""),
  "\r\n",
  "\n\n",
  "\u001b[2J",
  "\u001b]0;c4nary\u0007",
  "\u001b]8;;https://c4nary.example\u001b\\",
  "\u009b31m",
  "\u202e",
  "\u2066",
  "\u200f",
  "\u200b",
  "\u00ad",
  "\ufeff",
  "\ufe0f",
  "\u034f",
  "\u3164",
  "\uffff",
  "\ud800",
  "\udfff",
  "\u{e0041}",
  "\u007f",
  "\u0001",
];

const PLAIN = [" ", "  ", "a", "src/", "ü", "漢", "👩‍🚀", ".", "..", "/", ":", "'", '"', "=", ",", "{", "}"];

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...MARKDOWN) },
  { weight: 2, arbitrary: fc.constantFrom(...COMMANDS) },
  { weight: 2, arbitrary: fc.constantFrom(...WORKFLOW_COMMANDS) },
  { weight: 2, arbitrary: fc.constantFrom(...UNSEEN) },
  { weight: 2, arbitrary: fc.constantFrom(...PLAIN) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
);

const short = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""));

/** Up to 70 kB: as much as a commit title may have and a body may not. */
const long = fc
  .tuple(
    piece.filter((text) => text !== ""),
    fc.constantFrom(300, 4096, 70_000),
  )
  .map(([text, length]) => text.repeat(Math.ceil(length / text.length)).slice(0, length));

/** Without NUL, which neither git nor an argument can hold. */
export const hostile: fc.Arbitrary<string> = fc
  .oneof({ weight: 12, arbitrary: short }, { weight: 1, arbitrary: long })
  .map((text) => text.replaceAll("\0", "\u0001"))
  .map((text) => (text === "" ? "x" : text));

/** A few, or some hundreds that are much alike. */
export const hostiles: fc.Arbitrary<string[]> = fc.oneof(
  { weight: 12, arbitrary: fc.array(hostile, { maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(hostile, { minLength: 1, maxLength: 3 }), fc.constantFrom(60, 500))
      .map(([some, count]) => Array.from({ length: count }, (_, index) => `${some[index % some.length]}${index}`)),
  },
);

/** What nobody can see in a text or that a terminal obeys; written out otherwise than in the code that is tested. */
export function unseenIn(text: string): string[] {
  return [...text].filter((character) => {
    const point = character.codePointAt(0) ?? 0;
    const control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    const turning = point === 0x61c || (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
    const widthless = [0xad, 0x34f, 0x2060, 0xfeff].includes(point) || (point >= 0x200b && point <= 0x200f);
    const lines = point === 0x2028 || point === 0x2029;
    const half = point >= 0xd800 && point <= 0xdfff;
    return control || turning || widthless || lines || half || (point >= 0xe0000 && point <= 0xe007f);
  });
}
