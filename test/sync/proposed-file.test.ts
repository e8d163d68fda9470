import { describe, expect, test } from "@jest/globals";
import { decideProposal } from "../../sync/decide-proposal.ts";
import { changeOf } from "../../sync/proposed-file.ts";

const path = ".github/CODEOWNERS";
const places = [path, "CODEOWNERS", "docs/CODEOWNERS"];
const part = "# upstream-sync: begin. Made\n/x @a\n# upstream-sync: end\n";
const section = (text: string) => ({ path, section: text, places });
const live = (text: string, at = "CODEOWNERS") => ({ path: at, text });

describe("our section of a CODEOWNERS of people's", () => {
  test("comes last, and everything else stays byte by byte", () => {
    expect(changeOf(section(part), live("* @team\n"))).toEqual({ path: "CODEOWNERS", content: `* @team\n\n${part}` });
    expect(changeOf(section(part), live("* @team"))?.content).toBe(`* @team\n\n${part}`);
    expect(changeOf(section(part), live("# begin\r\n* @team\r\n"))?.content).toBe(`# begin\r\n* @team\r\n\n${part}`);
  });

  test("is exchanged where it stands", () => {
    const newer = part.replace("@a", "@b $1");
    expect(changeOf(section(newer), live(`* @team\n\n${part}/z @z\n`))?.content).toBe(`* @team\n\n${newer}/z @z\n`);
    expect(changeOf(section(part), live(`* @team\n\n${part}`))).toBeUndefined();
  });

  test("that people have pasted is the same section, also with lines that end as in Windows, and in one copy", () => {
    const windows = (text: string) => text.replaceAll("\n", "\r\n");
    for (const text of [`${part}* @team\n`, windows(`* @team\n\n${part}`), `* @team\n${part.trimEnd()}`]) {
      expect(changeOf(section(part), live(text))).toBeUndefined();
    }
    const newer = part.replace("@a", "@b");
    expect(changeOf(section(newer), live(windows(`${part}* @team\n`)))?.content).toBe(windows(`${newer}* @team\n`));
    expect(changeOf(section(part), live(`${part}* @team\n${part}`))?.content).toBe(`${part}* @team\n`);
  });

  test("is the whole file where there is none", () => {
    expect(changeOf(section(part), undefined)).toEqual({ path, content: part });
  });

  test("goes as it came", () => {
    expect(changeOf(section(""), live(`* @team\n\n${part}`))?.content).toBe("* @team\n");
    expect(changeOf(section(""), live(`* @team\n\n${part}/z @z\n`))?.content).toBe("* @team\n\n/z @z\n");
    expect(changeOf(section(""), live(`${part}* @team\n${part}`))?.content).toBe("* @team\n");
    expect(changeOf(section(""), live(`* @team\r\n\r\n${part}`))?.content).toBe("* @team\r\n");
    expect(changeOf(section(""), live("* @team\n\n"))).toBeUndefined();
    expect(changeOf(section(""), live(part, path))).toEqual({ path, content: null });
    expect(changeOf(section(""), live("* @team\n"))).toBeUndefined();
    expect(changeOf(section(""), undefined)).toBeUndefined();
  });
});

describe("a file of ours", () => {
  test("is brought when it differs", () => {
    expect(changeOf({ path: "a", content: "x" }, undefined)).toEqual({ path: "a", content: "x" });
    expect(changeOf({ path: "a", content: "x" }, live("y", "a"))).toEqual({ path: "a", content: "x" });
    expect(changeOf({ path: "a", content: "x" }, live("x", "a"))).toBeUndefined();
  });

  test("goes only with our mark in it", () => {
    expect(changeOf({ path: "a", remove: true, mark: "ours" }, live("is ours", "a"))).toEqual({
      path: "a",
      content: null,
    });
    expect(changeOf({ path: "a", remove: true, mark: "ours" }, live("theirs", "a"))).toBeUndefined();
    expect(changeOf({ path: "a", remove: true, mark: "ours" }, undefined)).toBeUndefined();
  });
});

describe("how a proposal reaches people", () => {
  const facts = { changes: 1, baseTip: "base", branch: undefined, pulls: [] };
  const branch = { tip: "tip", ahead: 2, behind: 0, allOurs: true };

  test("the first time: a commit on the base, a new pull request", () => {
    expect(decideProposal(facts)).toEqual({ act: "propose", parents: ["base"], on: "base", open: undefined });
  });

  test("while one is open: on top of it, with what people added there", () => {
    const pulls = [{ number: 7, open: true, head: "tip" }];
    expect(decideProposal({ ...facts, branch, pulls })).toEqual({
      act: "propose",
      parents: ["tip"],
      on: "tip",
      open: 7,
    });
  });

  test("while one is open and the base went on: with what is there now, unless people wrote on the branch", () => {
    const pulls = [{ number: 7, open: true, head: "tip" }];
    const outdated = { ...facts, branch: { ...branch, behind: 1 }, pulls };
    expect(decideProposal(outdated)).toEqual({ act: "propose", parents: ["tip", "base"], on: "base", open: 7 });
    expect(decideProposal({ ...outdated, branch: { ...outdated.branch, allOurs: false } })).toMatchObject({
      parents: ["tip"],
      on: "tip",
    });
  });

  test("after a merge: a fast-forward from the base", () => {
    const merged = { ...facts, branch: { ...branch, ahead: 0 }, pulls: [{ number: 7, open: false, head: "tip" }] };
    expect(decideProposal(merged)).toEqual({ act: "propose", parents: ["base"], on: "base", open: undefined });
  });

  test("after a squash, a refusal or a cut: the files of the base with the changes, still a fast-forward", () => {
    const both = { act: "propose", parents: ["tip", "base"], on: "base", open: undefined };
    expect(decideProposal({ ...facts, branch })).toEqual(both);
    const refused = {
      ...facts,
      branch: { ...branch, allOurs: false },
      pulls: [{ number: 7, open: false, head: "tip" }],
    };
    expect(decideProposal(refused)).toEqual(both);
  });

  test("commits of people that no pull request keeps stop it", () => {
    const pulls = [{ number: 7, open: false, head: "older" }];
    expect(decideProposal({ ...facts, branch: { ...branch, allOurs: false }, pulls })).toEqual({
      act: "stop",
      got: "a branch of that name with commits of other people",
    });
  });

  test("nothing to bring: what an earlier one left is tidied, unless people's commits would go", () => {
    const none = { ...facts, changes: 0 };
    expect(decideProposal(none)).toEqual({ act: "nothing", close: undefined, deleteBranch: false });
    const pulls = [{ number: 7, open: true, head: "tip" }];
    expect(decideProposal({ ...none, branch, pulls })).toEqual({ act: "nothing", close: 7, deleteBranch: true });
    expect(decideProposal({ ...none, branch: { ...branch, allOurs: false } })).toMatchObject({ deleteBranch: false });
  });
});
