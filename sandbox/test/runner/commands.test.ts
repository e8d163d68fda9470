import { describe, expect, test } from "@jest/globals";
import { annotation, createCommandReader, type Effect, parseCommand } from "../../runner/commands.ts";

const known = ["notice", "error", "set-output"];

describe("a command in a line", () => {
  test.each([
    ["::notice::text", { name: "notice", properties: {}, data: "text" }],
    ["  ::notice title=a b,line=3::text", { name: "notice", properties: { title: "a b", line: "3" }, data: "text" }],
    ["::NOTICE title=a%3Ab%2Cc%25::x%0Ay%25", { name: "notice", properties: { title: "a:b,c%" }, data: "x\ny%" }],
    ["::notice::a::b", { name: "notice", properties: {}, data: "a::b" }],
    ["see ##[error]boom", { name: "error", properties: {}, data: "boom" }],
    ["x ##[set-output name=a;]1%5D%3B", { name: "set-output", properties: { name: "a" }, data: "1];" }],
  ])("%s", (line, command) => {
    expect(parseCommand(line, known)).toEqual(command);
  });

  test.each(["text ::notice::no", "::unknown::x", "::notice", "##[unknown]x", "plain"])("none in: %s", (line) => {
    expect(parseCommand(line, known)).toBeUndefined();
  });
});

/** The effects of the lines, line by line flattened. */
function read(...lines: string[]): Effect[] {
  const reader = createCommandReader("/home/runner");
  return lines.flatMap(reader);
}
const line = (text: string): Effect => ({ kind: "line", text });

describe("what a line does", () => {
  test("an annotation carries title, file relative to the workspace, and lines", () => {
    expect(read("::warning title=T,file=/home/runner/a/b.txt,line=2,endLine=4::M")).toEqual([
      {
        kind: "annotation",
        annotation: {
          annotation_level: "warning",
          title: "T",
          message: "M",
          path: "a/b.txt",
          start_line: 2,
          end_line: 4,
        },
      },
    ]);
  });

  test("an annotation without a file stands at .github, and an error is a failure", () => {
    expect(read("::error::M")).toEqual([{ kind: "annotation", annotation: annotation("error", "M") }]);
    expect(annotation("error", "M")).toMatchObject({ annotation_level: "failure", path: ".github", title: null });
  });

  test("a range that ends before it begins is dropped", () => {
    expect(read("::error file=a,line=9,endLine=2::M")).toMatchObject([
      { annotation: { path: "a", start_line: 0, end_line: 0 } },
    ]);
  });

  test("groups are printed in the older form, debug is not printed", () => {
    expect(read("::group::G", "in", "::endgroup::", "::debug::d")).toEqual([
      line("##[group]G"),
      line("in"),
      line("##[endgroup]"),
    ]);
  });

  test("between stop-commands and its token nothing is a command", () => {
    expect(read("::stop-commands::pause", "::error::x", "##[error]y", "::pause::", "::add-mask::z")).toEqual([
      line("::stop-commands::pause"),
      line("::error::x"),
      line("##[error]y"),
      line("::pause::"),
      { kind: "mask", secret: "z" },
    ]);
  });

  test("a long stop token is itself secret", () => {
    expect(read("::stop-commands::long-enough")[0]).toEqual({ kind: "mask", secret: "long-enough" });
  });

  test.each(["", "pause-logging", "error"])("stop token refused: '%s'", (token) => {
    expect(read(`::stop-commands::${token}`, "::add-mask::z").map((effect) => effect.kind)).toEqual([
      "failure",
      "failure",
      "mask",
    ]);
  });

  test("set-output still works and warns; set-env and add-path fail", () => {
    expect(read("::set-output name=a::1")).toMatchObject([
      { kind: "annotation", annotation: { annotation_level: "warning" } },
      { kind: "output", name: "a", value: "1" },
    ]);
    expect(read("::set-env name=a::1").map((effect) => effect.kind)).toEqual(["failure", "failure"]);
    expect(read("::add-path::/x").map((effect) => effect.kind)).toEqual(["failure", "failure"]);
  });

  test("echo on shows the commands that may be shown, echo with another word fails", () => {
    expect(read("::echo::on", "::group::G", "::add-mask::z", "::echo::off", "::endgroup::")).toEqual([
      line("::group::G"),
      line("##[group]G"),
      { kind: "mask", secret: "z" },
      line("::echo::off"),
      line("##[endgroup]"),
    ]);
    expect(read("::echo::maybe")[1]).toMatchObject({ kind: "failure", message: expect.stringContaining("'maybe'") });
  });
});
