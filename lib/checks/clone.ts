/** The clone that people work in: what would go missing, or would go to the wrong project. */
import { sameRepository } from "../fork/clone.ts";
import { type Check, notOk, ok } from "./check.ts";

const outside = "not run inside a clone of the fork";

const changes: Check = {
  id: "clone-changes",
  title: "The clone has nothing pending in its main branches",
  find({ clone, fork }) {
    if (!clone) return ok(outside);
    const main = [fork.branches.from, fork.branches.target, ...fork.document.branches];
    const ahead = clone.ahead.filter((branch) => main.includes(branch));
    const changed = main.includes(clone.branch ?? "") ? clone.changed : [];
    if (changed.length > 0) {
      const more = changed.length > 3 ? ` and ${changed.length - 3} more` : "";
      return notOk(
        `${changed.length} uncommitted ${changed.length === 1 ? "change" : "changes"} on ${clone.branch}: ${changed.slice(0, 3).join(", ")}${more}`,
        `git -C ${clone.folder} stash push --include-untracked, or commit them on a branch`,
      );
    }
    return ahead.length > 0
      ? notOk(
          `${ahead.join(", ")} has commits that are not on GitHub`,
          `git -C ${clone.folder} log ${ahead[0]}@{upstream}..${ahead[0]}`,
        )
      : ok(`nothing pending in ${clone.folder}`);
  },
};

/** A push address that git cannot use, in the words it will show. */
const noPush = "no-push-to-upstream";

const remotes: Check = {
  id: "clone-remotes",
  title: "The clone fetches upstream, never pushes to it, and gh means the fork",
  find({ clone, fork }) {
    if (!clone) return ok(outside);
    const upstream = clone.remotes.filter(({ fetch }) => sameRepository(fetch, fork.upstream.url));
    const git = (...args: readonly string[]) => ({ kind: "git", args: ["-C", clone.folder, ...args] }) as const;
    const [existing] = upstream;
    const add = existing ? [] : [git("remote", "add", "upstream", fork.upstream.url)];
    const pushes = upstream.filter(({ push }) => push !== noPush);
    const disable = (existing ? pushes.map(({ name }) => name) : ["upstream"]).map((name) =>
      git("remote", "set-url", "--push", name, noPush),
    );
    // gh takes a remote called "upstream" before any other, unless one is marked (github-semantics.md §6.1).
    const marked = clone.remotes.find(({ ghResolved }) => ghResolved !== undefined);
    const meansFork = marked?.name === clone.forkRemote && marked.ghResolved === "base";
    const mark = meansFork ? [] : [git("config", `remote.${clone.forkRemote}.gh-resolved`, "base")];
    const wrong = [
      ...(existing ? [] : [`no remote for ${fork.upstream.url}`]),
      ...(pushes.length > 0 ? [`${pushes.map(({ name }) => name).join(", ")} can push to upstream`] : []),
      ...(meansFork ? [] : ["gh takes the repository of a remote called upstream for its own"]),
    ];
    const fixes = [...add, ...disable, ...mark];
    if (wrong.length === 0) return ok(`${existing?.name} fetches only; gh means ${clone.forkRemote}`);
    return notOk(wrong.join("; "), fixes.map(({ args }) => ["git", ...args].join(" ")).join(" && "), ...fixes);
  },
};

export const cloneChecks: readonly Check[] = [changes, remotes];
