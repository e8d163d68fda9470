/** Who asks, which fork, and whose changes it takes. */
import { type Check, cannotTell, gh, notOk, ok } from "./check.ts";

const token: Check = {
  id: "token",
  title: "The token administers the fork",
  find({ facts }) {
    const { viewer, settings } = facts;
    const { repository, scopes } = settings;
    if (!settings.administrator) {
      return notOk(
        `${viewer} ${settings.pusher ? "may write to" : "may only read"} ${repository}`,
        `let an administrator run: ${gh("api", "-X", "PUT", `repos/${repository}/collaborators/${viewer}`, "-f", "permission=admin")}`,
      );
    }
    if (scopes === undefined) return ok(`${viewer} administers ${repository}; the token has rights of its own`);
    const enough = settings.private ? ["repo"] : ["repo", "public_repo"];
    const missing = [
      ...(scopes.some((scope) => enough.includes(scope)) ? [] : ["repo"]),
      ...(scopes.includes("workflow") ? [] : ["workflow"]),
    ];
    if (missing.length === 0) return ok(`${viewer} administers ${repository}; scopes ${scopes.join(", ")}`);
    return notOk(
      `the token of ${viewer} has the scopes ${scopes.join(", ") || "(none)"}, and lacks ${missing.join(" and ")}`,
      gh("auth", "refresh", "--scopes", "repo,workflow"),
    );
  },
};

const fork: Check = {
  id: "fork",
  title: "The fork is in use, and a fork of the configured upstream",
  find({ facts, fork, upstream }) {
    const { repository, parent, source, archived } = facts.settings;
    if (archived) return notOk(`${repository} is archived and takes no change`, gh("repo", "unarchive", repository));
    if (!parent) return ok(`${repository} is no fork to GitHub; ${fork.upstream.url} is taken by its address`);
    const family = [parent.repository, source].filter((name) => name !== undefined);
    if (upstream === undefined || family.some((name) => name.toLowerCase() === upstream.toLowerCase())) {
      return ok(`forked from ${parent.repository}`);
    }
    return notOk(
      `forked from ${parent.repository}, while the config follows ${upstream}`,
      `write upstream: ${parent.repository} for ${repository} in upstream-sync.yaml`,
    );
  },
};

const upstream: Check = {
  id: "upstream",
  title: "Upstream and its branch are there",
  find({ facts, fork, upstream }) {
    const { url, branch } = fork.upstream;
    const look = `git ls-remote ${url} refs/heads/${branch}`;
    if (!facts.upstream) return cannotTell(`${url} is on another server`, look);
    if (!facts.upstream.told) return notOk(`${upstream}: ${facts.upstream.why}`, look);
    const { tip, private: hidden } = facts.upstream.value;
    if (tip === undefined && fork.follow === "branch") {
      return notOk(
        `${upstream} has no branch ${branch}`,
        `write upstream.branch in upstream-sync.yaml: ${look.replace(/ refs.*/, "")}`,
      );
    }
    if (hidden && !fork.upstream.private) {
      return notOk(
        `${upstream} is private, and the workflow's own token reads no other private repository`,
        `write private: true below upstream, then: upstream-sync credentials create ${fork.repository} --replace --upstream-token`,
      );
    }
    return ok(tip === undefined ? `${upstream}, by its tags` : `${upstream}, branch ${branch} at ${tip.slice(0, 12)}`);
  },
};

export const accessChecks = [token, fork, upstream];
