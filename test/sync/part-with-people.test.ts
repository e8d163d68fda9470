import { describe, expect, test } from "@jest/globals";
import { keepIssue } from "../../sync/conflict-issue.ts";
import { findOrOpenPull } from "../../sync/conflict-pull.ts";
import { openText, readMark, removedText } from "../../sync/conflict-text.ts";
import { type GitHub, GitHubError } from "../../sync/github.ts";
import { BEGIN, REMOVED, readPullState } from "../../sync/known-pull-request.ts";
import { partWithPeople } from "../../sync/part-with-people.ts";
import { withFarewell } from "../../sync/pull-request.ts";
import type { RemovalContext } from "../../sync/removal-settings.ts";
import { someSettings } from "./support/settings.ts";

const context: RemovalContext = {
  repository: "acme/fork",
  branches: { sync: "sync/upstream", target: "dev" },
  removesBranch: true,
  workflow: "upstream-sync.yml",
  ruleset: "upstream-sync: history",
  before: {},
  apiUrl: "http://github.test",
  token: "t",
  waitSeconds: 0,
  refusing: [],
};
const [base, ours, theirs] = ["b", "a", "c"].map((letter) => letter.repeat(40)) as [string, string, string];
const conflict = "sync/upstream-conflict-1";
const placeholder = {
  message: `chore: a place\n\nUpstream-Sync-Conflict: upstream\nUpstream-Sync-Commit: ${base}`,
  tree: { sha: "tree" },
  parents: [{ sha: base }],
};

/** Ours as a run writes it: draft pull request 7 and issue 8 of the conflict. */
const text = (place: Parameters<typeof openText>[2]) =>
  openText(
    { branch: conflict, tip: ours, with: undefined, files: [], standing: { kind: "waiting" }, upstream: base },
    someSettings(),
    place,
  );
const draft = (body: string) => ({
  number: 7,
  state: "open",
  body,
  merged_at: null,
  head: { ref: conflict, sha: ours, repo: { full_name: "Acme/fork" } },
});

interface World {
  readonly commits?: Record<string, unknown>;
  /** Tip of the conflict branch when it is looked at again. */
  readonly tip?: string;
  readonly conflictPulls?: object[];
  readonly syncPulls?: object[];
  readonly issues?: object[] | GitHubError;
  readonly removal?: GitHubError;
}

function world({ commits = {}, tip = ours, conflictPulls = [], syncPulls = [], issues = [], removal }: World) {
  const writes: [string, unknown][] = [];
  const known: Record<string, unknown> = { [ours]: placeholder, [base]: { tree: { sha: "tree" } }, ...commits };
  const github: GitHub = {
    async get(path) {
      const [, commit] = /git\/commits\/(\w+)$/.exec(path) ?? [];
      if (commit) return known[commit];
      if (path.includes("/git/ref/heads/")) return { object: { sha: tip } };
      if (path.includes("/pulls?")) return path.includes("base=") ? conflictPulls : syncPulls;
      if (issues instanceof GitHubError) throw issues;
      return issues;
    },
    list: async (path) =>
      path.endsWith("/matching-refs/upstream-sync/candidate/")
        ? [{ ref: "refs/upstream-sync/candidate/7", object: { sha: ours } }]
        : [],
    async write(method, path, body) {
      if (method === "DELETE" && removal) throw removal;
      writes.push([`${method} ${path.replace("/repos/acme/fork", "")}`, body]);
      return {};
    },
  };
  return { github, writes };
}

const part = (given: World, branches: Record<string, string> = { [conflict]: ours }) => {
  const { github, writes } = world(given);
  return partWithPeople(context, github, new Map(Object.entries(branches)), undefined).then((parting) => ({
    ...parting,
    writes,
  }));
};

const bodyOf = (write: [string, unknown] | undefined) => String((write?.[1] as { body?: string } | undefined)?.body);

describe("what people see of ours when the set-up is taken away", () => {
  test("an untouched conflict: pull request and issue are closed with a word, then the branch goes", async () => {
    const issue = { number: 8, state: "open", body: text({ kind: "issue", pull: 7 }) };
    const pull = draft(`Mine first.\n\n${text({ kind: "pull", issue: 8 })}`);
    const { writes, ...parting } = await part({ conflictPulls: [pull], issues: [issue] });
    expect(parting).toEqual({ closed: ["pull request #7", "issue #8"], removed: [`branch ${conflict}`], kept: [] });
    expect(writes).toMatchObject([
      ["PATCH /pulls/7", { state: "closed" }],
      ["PATCH /issues/8", { state: "closed", state_reason: "not_planned" }],
      ["DELETE /git/refs/heads/sync/upstream-conflict-1", {}],
    ]);
    const body = bodyOf(writes[0]);
    expect(body).toMatch(/^Mine first\.\n\n<!-- upstream-sync:conflict/);
    expect(body).toContain("Nothing was settled on `sync/upstream-conflict-1`, so it is not kept.");
    expect(readMark(body)).toMatchObject({ branch: conflict, closed: true });
  });

  test("closed already, by people or by a removal that was cut short: only the branch is left to do", async () => {
    const closed = { ...draft(text({ kind: "pull", issue: 8 })), state: "closed" };
    const issue = { number: 8, state: "closed", body: text({ kind: "issue", pull: 7 }) };
    const { writes, closed: said } = await part({ conflictPulls: [closed], issues: [issue] });
    expect([said, writes.map(([request]) => request)]).toEqual([[], [`DELETE /git/refs/heads/${conflict}`]]);
  });

  test.each([
    ["people's commit", { [theirs]: { message: "Settle", tree: { sha: "x" }, parents: [{ sha: ours }] } }],
    ["our words on a tree that is not the one of its parent", { [theirs]: { ...placeholder, tree: { sha: "x" } } }],
    ["our words on another parent", { [theirs]: { ...placeholder, parents: [{ sha: ours }] } }],
  ])(
    "%s at the tip: the branch stays and is named, pull request and issue say where the work is",
    async (_, commits) => {
      const pull = draft(text({ kind: "pull", issue: null }));
      const { writes, ...parting } = await part({ commits, conflictPulls: [pull] }, { [conflict]: theirs });
      expect(parting).toEqual({
        closed: ["pull request #7"],
        removed: [],
        kept: [{ thing: `branch ${conflict}`, why: "people may have worked on it" }],
      });
      expect(writes).toHaveLength(1);
      expect(bodyOf(writes[0])).toContain(`What people have pushed stays on \`${conflict}\`.`);
    },
  );

  test("a branch for manual syncs stays whatever is on it; a backup is none of this", async () => {
    const branches = { "sync/upstream-manual": ours, "sync/upstream-backup-20261128": ours };
    expect((await part({}, branches)).kept).toEqual([
      { thing: "branch sync/upstream-manual", why: "people may have worked on it" },
    ]);
  });

  test("the branch of a candidate goes when its commit is a run's, and stays when it is somebody's", async () => {
    const candidate = "sync/upstream-candidate";
    expect((await part({}, { [candidate]: ours })).removed).toEqual([`branch ${candidate}`]);
    expect((await part({}, { [candidate]: theirs })).kept).toEqual([
      { thing: `branch ${candidate}`, why: "people may have worked on it" },
    ]);
  });

  test("a push at the last moment, and a rule that forbids the removal, keep the branch", async () => {
    expect((await part({ tip: theirs })).kept).toEqual([
      { thing: `branch ${conflict}`, why: "people have pushed there just now" },
    ]);
    const removal = new GitHubError("DELETE", 422, "Repository rule violations found");
    expect((await part({ removal })).kept).toEqual([
      { thing: `branch ${conflict}`, why: "GitHub did not let it be removed: Repository rule violations found" },
    ]);
    await expect(part({ removal: new GitHubError("DELETE", 500, "") })).rejects.toThrow("500");
  });

  test("issues that are switched off, and what people opened themselves, are left alone", async () => {
    const pulls = { conflictPulls: [draft("Mine.")], syncPulls: [{ number: 5, body: "Mine." }] };
    const { writes, closed } = await part({ ...pulls, issues: new GitHubError("GET", 410, "Issues are disabled") }, {});
    expect([closed, writes]).toEqual([[], []]);
  });

  test("our sync pull request is closed, its results below the word", async () => {
    const { writes, closed } = await part({ syncPulls: [{ number: 5, body: `${BEGIN}\nBrings 3 commits.` }] }, {});
    expect(closed).toEqual(["pull request #5"]);
    expect(writes).toEqual([
      [
        "PATCH /pulls/5",
        {
          state: "closed",
          body: `${BEGIN}\n${REMOVED}\n**Closed: upstream-sync was taken away from this fork.** All that was on its branch has landed.\n\nBrings 3 commits.`,
        },
      ],
    ]);
  });
});

test("where the word does not fit any more, it takes the place of the results", () => {
  const long = `${BEGIN}\n${"x".repeat(65_480)}\n<!-- upstream-sync:end -->`;
  expect(withFarewell(long, "sync/upstream-backup-20261128")).toBe(
    `${BEGIN}\n${REMOVED}\n**Closed: upstream-sync was taken away from this fork.** The commits that have not landed are kept on \`sync/upstream-backup-20261128\`.\n<!-- upstream-sync:end -->`,
  );
});

describe("when the set-up comes back after a removal", () => {
  const pull = { number: 5, state: "closed", merged_at: null, labels: [], base: { ref: "dev" } };
  const answering = (answer: unknown): GitHub => ({
    get: async () => answer,
    list: async () => [],
    write: async (_method, path, body) => ({ number: 9, path, body }),
  });

  test("a sync pull request that the removal closed pauses nothing; one that people closed does", async () => {
    const body = `${BEGIN}\nBrings 3 commits.`;
    const state = (text: string) => readPullState(answering([{ ...pull, body: text }]), someSettings());
    expect((await state(withFarewell(body, undefined))).closed).toBeUndefined();
    expect((await state(body)).closed).toEqual({ number: 5, said: false });
  });

  test("what people have pushed gets a pull request and an issue again; where people closed them, it does not", async () => {
    const mark = { branch: conflict, tip: ours };
    const [open, removed] = [text({ kind: "issue", pull: null }), removedText(mark, true)];
    const issue = async (body: string) => {
      const known = [{ number: 8, state: "closed", body, mark: readMark(body) ?? mark }];
      return (await keepIssue(answering({}), someSettings(), known, mark, () => "text")).number;
    };
    expect([await issue(removed), await issue(open)]).toEqual([9, 8]);
    const draftOf = (body: string) =>
      findOrOpenPull(answering({}), someSettings(), [{ ...draft(body), state: "closed" } as never], mark, "text");
    expect([(await draftOf(removed))?.number, await draftOf(open)]).toEqual([9, null]);
  });
});
