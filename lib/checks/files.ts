/** Branches and files: what has to be in git on both sides, and whether what is deployed is what the config says. */
import { gitBlobId } from "../render/digest.ts";
import { type Check, cannotTell, gh, isDeployed, notOk, ok, type View } from "./check.ts";
import { agreement } from "./digests.ts";
import { testEntries } from "./test-entry.ts";

const branches: Check = {
  id: "branches",
  title: "The configured branches are there, and the sync branch has room",
  find({ facts, fork }) {
    const { sync, from, target } = fork.branches;
    const missing = [...new Set([from, target])].filter((name) => !facts.branches.get(name));
    const [first] = missing;
    if (first !== undefined) {
      return notOk(
        `no branch ${missing.join(", ")} in ${facts.settings.repository}`,
        `write branches.${first === target ? "target" : "from"} in upstream-sync.yaml, or git push origin HEAD:${first}`,
      );
    }
    // git keeps a ref as a file: a branch "sync" and a branch "sync/upstream" cannot both exist.
    const above = sync
      .split("/")
      .slice(0, -1)
      .map((_, n, parts) => parts.slice(0, n + 1).join("/"));
    const clash = facts.branchNames.find((name) => above.includes(name) || name.startsWith(`${sync}/`));
    if (clash !== undefined) {
      return notOk(
        `branch ${clash} leaves no room for ${sync}`,
        `rename it: ${gh("api", "-X", "POST", `repos/${facts.settings.repository}/branches/${clash}/rename`, "-f", `new_name=${clash}-old`)}`,
      );
    }
    return ok(
      `${[...new Set([from, target])].join(" and ")}; ${sync} ${facts.branches.get(sync) ? "is there" : "is made by the first apply"}`,
    );
  },
};

/** Key under which the facts have a test file, on either side. */
export function testKey(path: string): string {
  return `test:${path}`;
}

const tests: Check = {
  id: "tests",
  title: "The tests' file is there on both sides",
  find({ facts, fork, upstream }) {
    const entries = testEntries(fork.tests);
    if (entries.length === 0) return ok("the commands name no file to look for");
    const { target } = fork.branches;
    const here = entries.filter((path) => !facts.files.get(testKey(path)));
    const name = entries.join(", ");
    if (here.length > 0) {
      return notOk(
        `${here.join(", ")} is not on ${target}`,
        `add it to ${target}, or write tests.run in upstream-sync.yaml`,
      );
    }
    if (!facts.upstream)
      return cannotTell(`${name} is on ${target}; upstream is on another server`, `look there: ${fork.upstream.url}`);
    if (!facts.upstream.told) return cannotTell(facts.upstream.why, `git ls-remote ${fork.upstream.url}`);
    const { files } = facts.upstream.value;
    const there = entries.filter((path) => !files.get(testKey(path)));
    // Of the fork alone: upstream's next change cannot take it away, and the fork's own file tests it.
    return ok(
      there.length === 0
        ? `${name} on ${target} and upstream`
        : `${name} on ${target}; ${there.join(", ")} is the fork's own, ${upstream} has none`,
    );
  },
};

const document: Check = {
  id: "document",
  title: "Document and workflow describe the same set-up",
  find(view) {
    const { facts, fork } = view;
    const apply = `upstream-sync apply ${fork.repository}`;
    if (!isDeployed(view)) return cannotTell("the workflow is not deployed yet", apply);
    const { path } = fork.document;
    const found = facts.files.get("document");
    if (!found) return notOk(`no ${path} on ${fork.branches.target}`, apply);
    const texts = { workflow: facts.files.get("workflow")?.text ?? "", document: found.text ?? "" };
    return agreement(texts, `${path} on ${fork.branches.target}`, apply);
  },
};

const drift: Check = {
  id: "drift",
  title: "What is deployed is what the config says",
  find(view: View) {
    const { facts, files, fork } = view;
    if (!isDeployed(view))
      return cannotTell("the workflow is not deployed yet", `upstream-sync apply ${fork.repository}`);
    const differing = [
      { key: "workflow", file: files.workflow },
      { key: "program", file: files.program },
    ].filter(({ key, file }) => facts.files.get(key)?.oid !== gitBlobId(file.content));
    if (differing.length === 0) return ok("workflow and program as configured");
    return notOk(
      `${differing.map(({ file }) => file.path).join(", ")} differs from what the config renders`,
      `upstream-sync plan ${fork.repository}`,
    );
  },
};

export const filesChecks: readonly Check[] = [branches, tests, document, drift];
