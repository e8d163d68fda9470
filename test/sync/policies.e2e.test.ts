/** What the fork decided once and for all, in whole runs of the workflow. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { packageRoot } from "../../lib/package-root.ts";
import { NO_POLICIES, type Policies } from "../../sync/policies.ts";
import { followCommands } from "./support/people.ts";
import { lines } from "./support/repository.ts";
import { type World, world } from "./support/workflow-run.ts";

let w: World;
let base: string;

/** A fork that changed line 5 of a and deleted cloud/a; its sync branch is made from main. */
beforeEach(async () => {
  w = await world();
  base = w.upstream.commit({
    branch: "main",
    files: {
      ...{ a: lines(), "cloud/a": lines(), "brand/logo": "1\n", "list.txt": lines(), "app.html": "acme-analytics\n" },
      ...{ ".gitattributes": "*.txt merge=union\n" },
    },
  });
  w.fork.git("fetch", "--quiet", w.upstream.folder, "main:main");
  w.fork.git("branch", "sync/upstream", base);
  const files = { a: lines({ 5: "fork" }), "cloud/a": null, "list.txt": lines({ 5: "fork" }) };
  w.fork.commit({ branch: "dev", parents: [base], files });
});
afterEach(() => w.close());

const GREEN = { look: 0, merge: 0, finish: 0 };
const tip = (branch: string) => w.fork.ref(`refs/heads/${branch}`) ?? "";
const recorded = (name: string) => w.fork.ref(`refs/upstream-sync/main/${name}`);
const run = (policies: Partial<Policies>) =>
  w.run({ environment: { POLICIES: JSON.stringify({ ...NO_POLICIES, ...policies }) } });

function upstreamChanges(files: Record<string, string | null>, message = "a change"): string {
  return w.upstream.commit({ branch: "main", files, message, author: "Ada @all <ada@example.com>" });
}

test("paths that stay the fork's, and the fork's attributes: promoted without people, and listed", async () => {
  const upstream = upstreamChanges({
    ...{ "cloud/a": lines({ 1: "u" }), "cloud/new": "n\n", "brand/logo": "2\n", code: "c\n" },
    "list.txt": lines({ 5: "upstream" }),
  });
  const policies = { keepOurs: ["/brand/"], keepDeleted: ["/cloud/"] };
  const { codes, records, summary } = await run(policies);
  expect(codes).toEqual(GREEN);
  const kept = [
    { path: "brand/logo", policy: "keepOurs" },
    { path: "cloud/a", policy: "keepDeleted" },
    { path: "cloud/new", policy: "keepDeleted" },
  ];
  expect(records).toMatchObject([{ outcome: "promoted", reason: "tests passed", conflicts: [], kept }]);
  expect(w.fork.paths(tip("sync/upstream"))).toEqual([
    ".gitattributes",
    "a",
    "app.html",
    "brand/logo",
    "code",
    "list.txt",
  ]);
  expect(w.fork.show(tip("sync/upstream"), "brand/logo")).toBe("1\n");
  expect(w.fork.show(tip("sync/upstream"), "list.txt")).toBe(lines({ 5: "fork\nupstream" }));
  for (const text of [w.github.pulls[0]?.body, summary]) {
    expect(text).toContain("- kept ours: `brand/logo`\n- stayed deleted: `cloud/a`\n- stayed deleted: `cloud/new`");
  }
  expect(recorded("synced")).toBe(upstream);
  w.github.compare = () => "ahead";
  expect((await run(policies)).codes).toEqual({ look: 0 });
});

describe("what must survive", () => {
  const policies = { mustSurvive: [{ path: "app.html", contains: "acme-analytics" }] };

  test("stops a merge that would remove it, and people keep it on a branch of theirs", async () => {
    const before = [tip("sync/upstream"), tip("dev")];
    const upstream = upstreamChanges({ "app.html": "gone\n" });
    const { codes, records } = await run(policies);
    expect(codes).toEqual({ look: 0, merge: 1, finish: 1 });
    expect(records).toMatchObject([
      {
        outcome: "stopped",
        reason: expect.stringContaining(`"acme-analytics" in app.html, removed by upstream's commit ${upstream}`),
      },
    ]);
    expect([tip("sync/upstream"), tip("dev")]).toEqual(before);
    expect([w.github.pulls, w.github.issues]).toEqual([[], []]);
    const guide = readFileSync(join(packageRoot(), "docs/guides/conflicts.md"), "utf8")
      .replaceAll(/^## /gm, "### ")
      .replaceAll("https://github.com/open-webui/open-webui.git", w.upstream.folder);
    await followCommands(w.fork.folder, guide, "On a branch of your own", {
      "app.html": "gone, but for acme-analytics\n",
    });
    expect((await run(policies)).codes).toEqual(GREEN);
    expect(w.fork.show(tip("sync/upstream"), "app.html")).toBe("gone, but for acme-analytics\n");
  });

  test("and is not there: said so, since nothing watches then", async () => {
    upstreamChanges({ code: "c\n" });
    const { codes, lines: printed } = await run({ mustSurvive: [{ path: "LICENCE" }] });
    expect(codes).toEqual(GREEN);
    expect(printed).toContainEqual(expect.stringMatching(/^::warning .*dev has no LICENCE/));
  });
});

test("upstream in parts: what merges is promoted, the rest is the conflict, and the first commit of it is named", async () => {
  const policies = { partial: true };
  upstreamChanges({ u1: "1\n", ".github/workflows/theirs.yml": "on: push\n" });
  const good = upstreamChanges({ u2: "2\n" });
  const bad = upstreamChanges({ a: lines({ 5: "upstream" }) }, "Fixes #1 for @all `now`");
  const last = upstreamChanges({ u3: "3\n" });
  const { codes, records } = await run(policies);
  expect(codes).toEqual({ look: 0, merge: 0, finish: 1 });
  expect(records).toMatchObject([
    {
      outcome: "conflict",
      reason: `a part went in, the rest conflicts with upstream from ${bad.slice(0, 12)} on`,
      conflicts: [{ path: "a", kind: "contents", side: "upstream" }],
      firstConflict: bad,
      upstream: { sha: last },
    },
  ]);
  expect(w.fork.git("rev-parse", `${tip("sync/upstream")}^2`)).toBe(good);
  expect([recorded("synced"), recorded("held")]).toEqual([good, base]);
  const [pull] = w.github.pulls.filter(({ base: { ref } }) => ref === "dev");
  expect(pull?.body).toContain("Brings 2 commits of upstream into `dev`.");
  expect(pull?.body).toContain(`Upstream from its commit \`${bad}\` on:\n\n- \`a\`: contents, with upstream`);
  const issue = w.github.issues[0]?.body ?? "";
  expect(issue).toContain(
    `The first commit that does not is \`${bad}\` by \`Ada @all\`, \`\`Fixes #1 for @all \`now\`\`\`:\n\n- \`a\`: contents, with upstream`.replace(
      "``Fixes #1 for @all `now```",
      "`` Fixes #1 for @all `now` ``",
    ),
  );
  expect((await run(policies)).codes).toEqual({ look: 1 });

  const both = lines({ 5: "fork and upstream" });
  await followCommands(w.fork.folder, issue, "With git", { a: both });
  const settled = await run(policies);
  expect(settled.codes).toEqual(GREEN);
  expect(settled.records).toMatchObject([{ outcome: "promoted", conflicts: [], firstConflict: null }]);
  expect(w.fork.show(tip("sync/upstream"), "a")).toBe(both);
  expect(w.fork.paths(tip("sync/upstream"))).not.toContain(".github/workflows/theirs.yml");
  expect([recorded("synced"), recorded("held")]).toEqual([last, base]);
  expect((await run(policies)).codes).toEqual({ look: 0 });
});
