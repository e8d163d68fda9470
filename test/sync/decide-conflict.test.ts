import { describe, expect, test } from "@jest/globals";
import {
  type BranchFacts,
  decideConflict,
  decideMatter,
  type Matter,
  type MatterFacts,
  seenUpdates,
} from "../../sync/decide-conflict.ts";
import { sha } from "./support/settings.ts";

describe("what people have to settle", () => {
  const conflict: MatterFacts = { outcome: "conflict", side: "upstream", setAside: ["conflict-1"], taken: [] };

  test.each<[string, Partial<MatterFacts>, Matter]>([
    ["a side of the fold", {}, { kind: "side", side: "upstream" }],
    ["a proposal that did not go in, when all else did", { side: undefined }, { kind: "proposal", name: "conflict-1" }],
    ["nothing after a promotion", { outcome: "promoted" }, { kind: "none" }],
    ["nothing when there is nothing new", { outcome: "up-to-date" }, { kind: "none" }],
    [
      "the proposal whose tests failed",
      { outcome: "tests-failed", taken: ["manual"] },
      { kind: "proposal", name: "manual" },
    ],
    ["unknown when tests failed without a proposal", { outcome: "tests-failed" }, { kind: "unknown" }],
    ["unknown after a stop", { outcome: "stopped" }, { kind: "unknown" }],
  ])("is %s", (_, change, matter) => {
    expect(decideMatter({ ...conflict, ...change })).toEqual(matter);
  });
});

describe("the branches for people", () => {
  const untouched = (name: string, side: "target" | "upstream" = "upstream"): BranchFacts => ({
    name,
    placeholder: { side },
    contained: false,
    conflicts: true,
  });
  const worked = (name: string): BranchFacts => ({ name, placeholder: undefined, contained: false, conflicts: false });
  const takenIn = (name: string): BranchFacts => ({ ...worked(name), contained: true });
  const upstream: Matter = { kind: "side", side: "upstream" };
  const none: Matter = { kind: "none" };

  test.each<[string, Matter, BranchFacts[], ReturnType<typeof decideConflict>]>([
    ["a first conflict makes a branch", upstream, [], { keep: undefined, create: 1, remove: [] }],
    [
      "the same conflict keeps it",
      upstream,
      [untouched("conflict-1")],
      { keep: "conflict-1", create: undefined, remove: [] },
    ],
    [
      "a conflict that went away gives room to the next",
      upstream,
      [{ ...untouched("conflict-1"), conflicts: false }],
      { keep: undefined, create: 2, remove: ["conflict-1"] },
    ],
    [
      "a conflict of another side is another conflict",
      upstream,
      [untouched("conflict-1", "target")],
      { keep: undefined, create: 2, remove: ["conflict-1"] },
    ],
    [
      "people's work is kept before a branch that nobody touched",
      upstream,
      [worked("conflict-1"), untouched("conflict-2")],
      { keep: "conflict-1", create: undefined, remove: ["conflict-2"] },
    ],
    [
      "what was taken in goes, and the next conflict has the next number",
      upstream,
      [takenIn("conflict-1"), takenIn("manual")],
      { keep: undefined, create: 2, remove: ["conflict-1", "manual"] },
    ],
    [
      "a branch of people's own is no conflict branch",
      upstream,
      [worked("manual")],
      { keep: undefined, create: 1, remove: [] },
    ],
    [
      "a proposal keeps its branch",
      { kind: "proposal", name: "manual" },
      [untouched("conflict-1"), worked("manual")],
      { keep: "manual", create: undefined, remove: ["conflict-1"] },
    ],
    [
      "when all is settled, what nobody needs goes and what people have elsewhere stays",
      none,
      [untouched("conflict-1"), takenIn("conflict-2"), worked("conflict-3"), worked("manual")],
      { keep: undefined, create: undefined, remove: ["conflict-1", "conflict-2"] },
    ],
    [
      "a run that cannot say changes nothing",
      { kind: "unknown" },
      [untouched("conflict-1"), takenIn("manual")],
      { keep: undefined, create: undefined, remove: [] },
    ],
  ])("%s", (_, matter, branches, decision) => {
    expect(decideConflict(matter, branches, 0)).toEqual(decision);
  });

  test("a number is not given twice, as far as pull requests tell", () => {
    expect(decideConflict(upstream, [], 7).create).toBe(8);
  });

  test("never lose what people pushed: in every case a branch that is removed is ours alone, or taken in", () => {
    const kinds = [untouched, (name: string) => untouched(name, "target"), worked, takenIn];
    const matters: Matter[] = [upstream, none, { kind: "unknown" }, { kind: "side", side: "target" }];
    for (const one of kinds) {
      for (const two of kinds) {
        for (const three of kinds) {
          const branches = [one("conflict-1"), two("conflict-2"), three("manual")];
          for (const matter of [...matters, { kind: "proposal", name: "manual" } as const]) {
            const { keep, create, remove } = decideConflict(matter, branches, 0);
            expect(keep !== undefined && create !== undefined).toBe(false);
            expect(remove).not.toContain(keep);
            for (const { name, placeholder, contained } of branches) {
              if (remove.includes(name)) expect(placeholder !== undefined || contained).toBe(true);
            }
          }
        }
      }
    }
  });
});

describe("what the next look compares with", () => {
  const facts = {
    seen: new Map([
      ["upstream", sha("1")],
      ["conflict-1", sha("2")],
    ]),
    upstream: sha("3"),
    sync: sha("4"),
    target: sha("5"),
    branches: new Map([["conflict-2", sha("6")]]),
  };
  const updates = (outcome: Parameters<typeof seenUpdates>[0]["outcome"]) =>
    Object.fromEntries(
      seenUpdates({ ...facts, outcome }, (name) => name).map(({ ref, from, to }) => [ref, [from, to]]),
    );

  test("is written down while a conflict is open", () => {
    expect(updates("conflict")).toEqual({
      upstream: [sha("1"), sha("3")],
      sync: [undefined, sha("4")],
      target: [undefined, sha("5")],
      "conflict-1": [sha("2"), undefined],
      "conflict-2": [undefined, sha("6")],
    });
  });

  test("goes when nothing is open, but for branches that are left", () => {
    expect(updates("promoted")).toEqual({
      upstream: [sha("1"), undefined],
      "conflict-1": [sha("2"), undefined],
      "conflict-2": [undefined, sha("6")],
    });
  });

  test("stays when nothing was settled", () => {
    expect([updates("tests-failed"), updates("stopped")]).toEqual([{}, {}]);
  });
});
