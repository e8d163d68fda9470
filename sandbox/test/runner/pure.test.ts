import { describe, expect, test } from "@jest/globals";
import { ConcurrencyGroups } from "../../runner/concurrency.ts";
import { parseKeyValueFile, parsePathFile } from "../../runner/env-files.ts";
import { holds, type Scope } from "../../runner/expressions.ts";
import { createMasks } from "../../runner/masks.ts";
import { effectivePermissions } from "../../runner/permissions.ts";
import { shellCommand } from "../../runner/shell.ts";

describe("GITHUB_OUTPUT and GITHUB_ENV", () => {
  test.each([
    [
      "a=1\n\nb=x=y\n",
      [
        ["a", "1"],
        ["b", "x=y"],
      ],
    ],
    ["a=1", [["a", "1"]]],
    [
      "a<<E\nx\n\ny\nE\nb=2\n",
      [
        ["a", "x\n\ny"],
        ["b", "2"],
      ],
    ],
    ["a<<E\nE\n", [["a", ""]]],
    ["a<<E\nE", [["a", ""]]],
    ["a=b<<c\n", [["a", "b<<c"]]],
    ["a<<E=E\nx\nE=E\n", [["a", "x"]]],
    ["a=1\r\n", [["a", "1\r"]]],
    ["", []],
  ])("%j", (text, pairs) => {
    expect(parseKeyValueFile(text)).toEqual(pairs);
  });

  test.each([
    ["plain\n", "Invalid format 'plain'"],
    ["=1\n", "Invalid format '=1'. Name must not be empty"],
    ["<<E\nE\n", "Invalid format '<<E'. Name must not be empty and delimiter must not be empty"],
    ["a<<E\nx\n", "Invalid value. Matching delimiter not found 'E'"],
    ["a<<E\nx", "Invalid value. EOF marker missing new line."],
  ])("%j is refused", (text, message) => {
    expect(() => parseKeyValueFile(text)).toThrow(new Error(message));
  });

  test("GITHUB_PATH is a folder a line", () => {
    expect(parsePathFile("/a\n\n/b\r\n")).toEqual(["/a", "/b"]);
  });
});

describe("masks", () => {
  const masks = createMasks();
  masks.add('p"ss wörd&more');
  masks.add("-----BEGIN KEY-----\n  AAAAB3Nza\n-----END KEY-----\n");
  test.each([
    ['x p"ss wörd&more y', "x *** y"],
    ['{"a":"p\\"ss wörd&more"}', '{"a":"***"}'],
    [`q=${encodeURIComponent('p"ss wörd&more')}!`, "q=***!"],
    [Buffer.from('p"ss wörd&more').toString("base64"), "***"],
    ["line AAAAB3Nza of a key", "line *** of a key"],
    ["nothing", "nothing"],
  ])("%s", (text, masked) => {
    expect(masks.mask(text)).toBe(masked);
  });

  test("secrets that overlap leave nothing between them", () => {
    const overlapping = createMasks();
    overlapping.add("abcd");
    overlapping.add("cdef");
    expect(overlapping.mask("xabcdefx abab")).toBe("x***x abab");
  });

  test("an empty secret masks nothing", () => {
    const none = createMasks();
    none.add("");
    none.add("\n \n");
    expect(none.mask("a b")).toBe("a b");
  });
});

describe("permissions", () => {
  const fallback = () => ({ contents: "write" as const, metadata: "read" as const });
  const given = (permissions: Record<string, string>) =>
    Object.fromEntries(Object.entries(permissions).filter(([, level]) => level !== "none"));

  test("a map grants what it names, and metadata", () => {
    expect(given(effectivePermissions(undefined, { contents: "read", statuses: "write" }, fallback))).toEqual({
      contents: "read",
      statuses: "write",
      metadata: "read",
    });
  });
  test("an empty map grants metadata only", () => {
    expect(given(effectivePermissions({}, undefined, fallback))).toEqual({ metadata: "read" });
  });
  test("the job's request replaces the workflow's whole", () => {
    expect(given(effectivePermissions({ contents: "write" }, { issues: "read" }, fallback))).toEqual({
      issues: "read",
      metadata: "read",
    });
  });
  test("without a request the repository's default holds", () => {
    expect(effectivePermissions(undefined, undefined, fallback)).toEqual(fallback());
  });
  test("read-all and write-all stay within what each scope allows", () => {
    const all = effectivePermissions("write-all", undefined, fallback);
    expect([all.contents, all["id-token"], all.models, all.metadata]).toEqual(["write", "write", "read", "read"]);
    const read = effectivePermissions("read-all", undefined, fallback);
    expect([read.contents, read["id-token"], read.models]).toEqual(["read", "none", "read"]);
    expect(Object.keys(all)).not.toContain("workflows");
  });
});

describe("conditions", () => {
  const scope = (contexts: Record<string, unknown>): Scope => ({
    contexts,
    status: { success: true, failure: false, cancelled: false },
  });
  test.each([
    ["github.event_name == 'SCHEDULE'", true],
    ["inputs.dry_run", false],
    ["!inputs.dry_run && success()", true],
    ["needs.a.outputs.list && contains(fromJSON(needs.a.outputs.list), 'x')", true],
    ["steps.unknown.outputs.x == ''", true],
    ["failure() || cancelled()", false],
    ["always()", true],
  ])("%s is %s", (condition, result) => {
    const contexts = {
      github: { event_name: "schedule" },
      inputs: { dry_run: false },
      needs: { a: { outputs: { list: '["x"]' } } },
      steps: {},
    };
    expect(holds(condition, scope(contexts))).toBe(result);
  });
  test("every doubled quote in a string stands for one", () => {
    expect(holds("format('a''b''c {0}', 1) == github.text", scope({ github: { text: "a'b'c 1" } }))).toBe(true);
  });
  test("hashFiles and a JSON that is none are refused with the expression named", () => {
    expect(() => holds("hashFiles('*')", scope({}))).toThrow("${{ hashFiles('*') }}: hashFiles is not provided");
    expect(() => holds("fromJSON('{')", scope({}))).toThrow("${{ fromJSON('{') }}");
  });
});

describe("shells", () => {
  const args = (shell: string) => shellCommand(shell, process.env.PATH ?? "").args.join(" ");
  test.each([
    ["", "-e {0}"],
    ["bash", "--noprofile --norc -e -o pipefail {0}"],
    ["sh", "-e {0}"],
    ['bash -c "exit 3" {0}', "-c exit 3 {0}"],
  ])("'%s' runs with %s", (shell, expected) => {
    expect(args(shell)).toBe(expected);
  });
  test("a word that is no shell is refused", () => {
    expect(() => args("node")).toThrow("Invalid shell option.");
    expect(() => args("no-such-shell {0}")).toThrow("no-such-shell: command not found");
  });
});

describe("concurrency groups", () => {
  const never = { cancelInProgress: false, signal: new AbortController().signal };

  test("one runs, one waits, a newer one cancels the one that waits; names ignore case", async () => {
    const groups = new ConcurrencyGroups();
    const first = await groups.enter("Sync", never);
    const second = groups.enter("sync", never);
    const third = groups.enter("SYNC", never);
    expect(await second).toBeUndefined();
    expect(first?.signal.aborted).toBe(false);
    first?.leave();
    expect(await third).toBeDefined();
  });

  test("cancel-in-progress aborts the one that runs, and waits for its end", async () => {
    const groups = new ConcurrencyGroups();
    const first = await groups.enter("g", never);
    let admitted = false;
    const second = groups.enter("g", { ...never, cancelInProgress: true }).then(() => {
      admitted = true;
    });
    expect(first?.signal.aborted).toBe(true);
    await new Promise(setImmediate);
    expect(admitted).toBe(false);
    first?.leave();
    await second;
    expect(admitted).toBe(true);
  });

  test("a run cancelled while it waits gives its place up", async () => {
    const groups = new ConcurrencyGroups();
    const first = await groups.enter("g", never);
    const controller = new AbortController();
    const second = groups.enter("g", { cancelInProgress: false, signal: controller.signal });
    controller.abort();
    expect(await second).toBeUndefined();
    first?.leave();
    expect(await groups.enter("g", never)).toBeDefined();
  });

  test("groups of different names do not meet", async () => {
    const groups = new ConcurrencyGroups();
    await groups.enter("a", never);
    expect(await groups.enter("b", never)).toBeDefined();
  });
});
