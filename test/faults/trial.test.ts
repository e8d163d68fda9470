import { describe, expect, test } from "@jest/globals";
import { namesOf, withoutSteps } from "./fork-state.ts";
import { markdown, rowsOf } from "./table.ts";
import { carriedOut, judge, momentsOf, placesOf, sample } from "./trial.ts";

describe("a verdict", () => {
  const before = { "heads/main": "ours", "label bug": "red" };
  const expected = { ...before, "heads/sync/upstream": "made" };

  test("is that all converged when nothing differs", () => {
    expect(judge(before, expected, expected)).toEqual({ converged: true, lost: [], detail: "" });
  });

  test("counts what people had and what is gone or changed, and not what the story itself should have made", () => {
    expect(judge(before, expected, { "heads/main": "other" })).toEqual({
      converged: false,
      lost: ["heads/main", "label bug"],
      detail: [
        "heads/main: expected …ours…, got …other…",
        "label bug: expected …red…, got …nothing…",
        "heads/sync/upstream: expected …made…, got …nothing…",
      ].join("\n"),
    });
  });

  test("is not converged when something else is wrong", () => {
    expect(judge(before, expected, expected, ["the plan is not empty"])).toMatchObject({ converged: false, lost: [] });
  });
});

test("a place is a kind of request, whatever ids it carries, and how many of the kind came before", () => {
  const sha = "0123456789abcdef0123456789abcdef01234567";
  expect(placesOf(["GET /repos/a/b/keys/1029", "POST /x", `GET /repos/a/b/keys/${sha}`])).toEqual([
    { route: "GET /repos/a/b/keys/:id", request: 1 },
    { route: "POST /x", request: 1 },
    { route: "GET /repos/a/b/keys/:id", request: 2 },
  ]);
});

test("reads are cut once, writes before and after their effect", () => {
  const moments = (route: string) => momentsOf({ route, request: 1 });
  expect(moments("GET /x")).toEqual(["before"]);
  expect(moments("POST /a/b.git/git-upload-pack")).toEqual(["before"]);
  expect(moments("SSH /a/b/git-receive-pack")).toEqual(["before", "after"]);
  expect(moments("DELETE /x")).toEqual(["before", "after"]);
});

test("what was carried out ends where the connection broke, for good or for one request", () => {
  const requests = ["GET /a", "POST /b", "GET /a", "PUT /c"];
  const second = { route: "GET /a", request: 2 };
  const out = (when: "before" | "after", outage: boolean) => carriedOut(requests, second, { when, outage });
  expect(out("before", true)).toEqual(["GET /a", "POST /b"]);
  expect(out("after", true)).toEqual(["GET /a", "POST /b", "GET /a"]);
  expect(out("before", false)).toEqual(["GET /a", "POST /b", "PUT /c"]);
  expect(carriedOut(requests, { route: "GET /z", request: 1 }, { when: "before", outage: true })).toEqual(requests);
});

test("a sample is the same for the same seed, without repetition, and never more than there is", () => {
  const all = Array.from({ length: 100 }, (_, index) => index);
  const chosen = sample(all, 10, 42);
  expect(sample(all, 10, 42)).toEqual(chosen);
  expect(sample(all, 10, 43)).not.toEqual(chosen);
  expect(new Set(chosen).size).toBe(10);
  expect(sample([1, 2], 10, 1).sort()).toEqual([1, 2]);
});

test("the table counts each story and all of them", () => {
  const result = (story: string, converged: boolean, lost: string[]) => ({
    ...{ story, id: "", converged, lost, detail: "", seconds: 1 },
  });
  expect(
    markdown(
      rowsOf([result("deploy", true, []), result("deploy", false, ["label bug", "heads/x"]), result("run", true, [])]),
    ),
  ).toBe(
    [
      "| story  | cut | converged | lost |",
      "| ---    | --: |       --: |  --: |",
      "| deploy |   2 |         1 |    2 |",
      "| run    |   1 |         1 |    0 |",
      "| all    |   3 |         2 |    2 |",
      "",
    ].join("\n"),
  );
});

test("issues go by their title and how many of it came before, whatever numbers they got", () => {
  const issues = [
    { number: 3, title: "b" },
    { number: 1, title: "b" },
    { number: 2, title: "a" },
  ];
  expect([...namesOf(issues)].sort()).toEqual([
    [1, '"b" #1'],
    [2, '"a" #1'],
    [3, '"b" #2'],
  ]);
});

test("a result known by the commit's status alone is the result that lists its steps, and a failure is neither", () => {
  const sha = "0123456789abcdef0123456789abcdef01234567";
  const steps = `Passed on \`${sha}\`: [log](http://x/1)\n\n- \`node test.js\`: passed, 2 s\n- \`lint\`: passed, 1 s\n\n### Next\n`;
  const status = `Status of \`${sha}\`: \`success\` ([log](http://x/2))\n\n### Next\n`;
  expect(withoutSteps(steps)).toBe(`Passed on \`${sha}\`\n\n### Next\n`);
  expect(withoutSteps(status)).toBe(withoutSteps(steps));
  expect(withoutSteps(status.replace("success", "failure"))).toContain("`failure`");
});
