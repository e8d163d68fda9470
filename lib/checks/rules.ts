/** Rules of others: do they let our pushes through, does the sync pull request land, and who else gets past the gate. */

import { deployKeyTitle } from "../credentials/names.ts";
import type { RuleFact } from "../fork/facts.ts";
import type { ClassicFact, RulesetFact } from "../fork/facts-query.ts";
import { type Check, cannotTell, type Finding, gh, isDeployed, notOk, ok, type View, whenTold } from "./check.ts";

/** Names of the rulesets that a deploy makes. */
const history = "upstream-sync: history";
const gate = "upstream-sync: gate";
const own = [history, gate, "upstream-sync: target"];

/** These two hold for everybody on the sync branch, and a fast-forward breaks neither. */
const harmlessToPushes = ["deletion", "non_fast_forward"];

/** What a commit by the API cannot satisfy, whatever is in it (github-semantics.md §1.1). */
const refusingCommits = [
  ...["pull_request", "required_status_checks", "update", "merge_queue", "required_deployments", "workflows"],
  "code_scanning",
];

const administratorRole = 5;

function rulesetOf({ facts }: View, rule: RuleFact): RulesetFact | undefined {
  return facts.rulesets.told ? facts.rulesets.value.find(({ id }) => id === rule.ruleset) : undefined;
}

function named(view: View, rule: RuleFact): string {
  const name = rulesetOf(view, rule)?.name ?? String(rule.ruleset);
  return `${rule.type} of ruleset "${name}" (${rule.source})`;
}

function rulesOf(view: View, branch: string) {
  return view.facts.rules.get(branch) ?? { told: false as const, why: `nothing is known of ${branch}` };
}

function settingsPage({ facts }: View): string {
  return `change it under ${facts.settings.url}/settings/rules`;
}

/** Whether the credential the workflow pushes with passes a ruleset; undefined when GitHub does not tell who does. */
function ourPushPasses({ fork, credentials }: View, ruleset: RulesetFact | undefined): boolean | undefined {
  if (!ruleset?.bypass) return undefined;
  const actors = ruleset.bypass.filter(({ mode }) => mode !== "pull_request");
  if (fork.credentials === "deploy-key") return actors.some(({ kind }) => kind === "deploy key");
  const app = credentials?.kind === "github-app" ? credentials.appId : undefined;
  return fork.credentials === "github-app" && actors.some(({ kind, id }) => kind === "app" && id === app);
}

function classicWords(classic: ClassicFact, which: readonly (keyof ClassicFact)[]): string[] {
  const words: Partial<Record<keyof ClassicFact, string>> = {
    reviews: "required reviews",
    checks: "required status checks",
    linear: "linear history",
    locked: "a lock",
    restricted: "restricted pushes",
    signatures: "signed commits",
  };
  return which
    .filter((key) => classic[key] === true)
    .map((key) => `${words[key]} of the classic protection "${classic.pattern}"`);
}

/** Refusals that are certain come first; what cannot be judged is said only when there is none. */
function judged(view: View, sure: readonly string[], unsure: readonly string[], fine: string): Finding {
  if (sure.length > 0) return notOk(sure.join("; "), settingsPage(view));
  if (unsure.length > 0) return cannotTell(`who gets past ${unsure.join("; ")}`, settingsPage(view));
  return ok(fine);
}

const syncPushes: Check = {
  id: "sync-pushes",
  title: "No rule refuses our pushes to the sync branch",
  find(view) {
    const { facts, fork } = view;
    const { sync } = fork.branches;
    return whenTold(rulesOf(view, sync), (rules) => {
      const strange = rules
        .filter(({ type }) => !harmlessToPushes.includes(type))
        .filter((rule) => !own.includes(rulesetOf(view, rule)?.name ?? ""));
      const passes = (rule: RuleFact) => ourPushPasses(view, rulesetOf(view, rule));
      const classic = facts.branches.get(sync)?.classic;
      return judged(
        view,
        [
          ...strange.filter((rule) => passes(rule) === false).map((rule) => named(view, rule)),
          ...(classic
            ? classicWords(classic, ["reviews", "checks", "linear", "locked", "restricted", "signatures"])
            : []),
        ],
        strange.filter((rule) => passes(rule) === undefined).map((rule) => named(view, rule)),
        facts.branches.has(sync) && !facts.branches.get(sync)
          ? `no ruleset stands in the way of ${sync}, which is not there yet`
          : `nothing but our own rules holds on ${sync}`,
      );
    });
  },
};

const landing: Check = {
  id: "landing",
  title: "The rules on the target let the sync pull request land",
  find(view) {
    const { facts, fork } = view;
    const { target } = fork.branches;
    const { landing: method } = fork;
    const merges = method === "merge";
    return whenTold(rulesOf(view, target), (rules) => {
      const against = rules.filter(
        ({ type, parameters }) =>
          (merges && type === "required_linear_history") ||
          (type === "pull_request" && !allows(parameters.allowed_merge_methods, method)) ||
          (type === "merge_queue" && (parameters.merge_method ?? "MERGE") !== method.toUpperCase()),
      );
      const classic = facts.branches.get(target)?.classic;
      // GitHub signs the commit of a squash itself.
      const unsure = merges ? ["merge_queue", "required_signatures"] : ["merge_queue"];
      const open = rules.filter(({ type }) => unsure.includes(type));
      const sure = [
        ...against.map((rule) => named(view, rule)),
        ...(classic ? classicWords(classic, merges ? ["linear", "locked"] : ["locked"]) : []),
      ];
      if (sure.length === 0 && open.length > 0) {
        return cannotTell(
          `whether it lands under ${open.map((rule) => named(view, rule)).join("; ")}`,
          "try it on a branch of its own; docs/limits.md has the open questions",
        );
      }
      return judged(view, sure, [], `${target} takes ${merges ? "merge commits" : "squashes"}`);
    });
  },
};

function allows(methods: unknown, method: string): boolean {
  return !Array.isArray(methods) || methods.includes(method);
}

const delivery: Check = {
  id: "delivery",
  title: "Our files can reach their branches",
  find(view) {
    const { facts, fork } = view;
    if (fork.delivery === "pull-request") return ok("by pull requests that people merge");
    const homes = [...new Set([facts.settings.defaultBranch, fork.branches.target])];
    const unread = homes.map((branch) => rulesOf(view, branch)).find((answer) => !answer.told);
    if (unread && !unread.told) return cannotTell(unread.why, "ask again with a token that administers the fork");
    const refusing = homes.flatMap((branch) => {
      const answer = rulesOf(view, branch);
      const rules = answer.told ? answer.value.filter(({ type }) => refusingCommits.includes(type)) : [];
      return rules.map((rule) => ({
        branch,
        words: named(view, rule),
        passes: weMayCommit(view, rulesetOf(view, rule)),
      }));
    });
    const classic = homes.flatMap((branch) => {
      const found = facts.branches.get(branch)?.classic;
      // An administrator is held by classic protection only when it says so.
      if (!found?.administratorsIncluded && facts.settings.administrator) return [];
      return (found ? classicWords(found, ["reviews", "checks", "locked"]) : []).map((words) => `${branch}: ${words}`);
    });
    const sure = [
      ...refusing.filter(({ passes }) => passes === false).map(({ branch, words }) => `${branch}: ${words}`),
      ...classic,
    ];
    if (sure.length > 0) {
      return notOk(
        `no commit of ours is taken by ${sure.join("; ")}`,
        `write delivery: pull-request for ${fork.repository} in upstream-sync.yaml, then: upstream-sync plan`,
      );
    }
    const unsure = refusing.filter(({ passes }) => passes === undefined);
    return judged(
      view,
      [],
      unsure.map(({ branch, words }) => `${branch}: ${words}`),
      `${homes.join(" and ")} ${homes.length > 1 ? "take" : "takes"} commits`,
    );
  },
};

/** Who applies the plan commits, with their own rights. */
function weMayCommit({ facts }: View, ruleset: RulesetFact | undefined): boolean | undefined {
  if (!ruleset?.bypass) return undefined;
  const actors = ruleset.bypass.filter(({ mode }) => mode !== "pull_request");
  if (facts.settings.administrator && actors.some(({ kind, id }) => kind === "role" && id === administratorRole))
    return true;
  // People, teams and owners are not compared one by one: whether this person is among them is not told.
  return actors.some(({ kind }) => kind !== "deploy key" && kind !== "app" && kind !== "role") ? undefined : false;
}

const bypass: Check = {
  id: "bypass",
  title: "Nobody but the sync gets past the gate",
  find(view) {
    const { facts, fork, credentials } = view;
    if (fork.protection.sync.mode === "minimal") return ok("mode minimal has no gate");
    return whenTold(facts.rulesets, (rulesets) => {
      const found = rulesets.filter(({ name }) => name === gate || name === history);
      if (found.length < 2) {
        return isDeployed(view)
          ? notOk(
              `the ruleset ${[history, gate]
                .filter((name) => !found.some((one) => one.name === name))
                .map((name) => `"${name}"`)
                .join(" and ")} is gone`,
              `upstream-sync apply ${fork.repository}`,
            )
          : cannotTell("the gate is not deployed yet", `upstream-sync apply ${fork.repository}`);
      }
      if (found.some(({ bypass }) => bypass === undefined)) {
        return cannotTell(
          "GitHub tells only administrators who bypasses a ruleset",
          "ask again with an administrator's token",
        );
      }
      const app = credentials?.kind === "github-app" ? credentials.appId : undefined;
      const strangers = found.flatMap(({ name, bypass = [] }) =>
        bypass
          .filter(({ kind, id }) => {
            if (name === history) return true;
            if (kind === "deploy key") return fork.credentials !== "deploy-key";
            if (kind === "app") return id !== app;
            return !(kind === "role" && id === administratorRole && !fork.protection.sync.includeAdministrators);
          })
          .map((actor) => `${actor.name} in "${name}"`),
      );
      if (strangers.length > 0) {
        return notOk(`also ${strangers.join(", ")}`, `upstream-sync apply ${fork.repository}`);
      }
      return otherKeys(view);
    });
  },
};

/** The bypass "deploy key" stands for every key of the repository that may write (github-semantics.md §2). */
function otherKeys({ facts, fork, credentials }: View): Finding {
  const sole = "the gate lets nobody but the sync through";
  if (fork.credentials !== "deploy-key") return ok(sole);
  const ours = credentials?.kind === "deploy-key" ? credentials.publicKey : undefined;
  return whenTold(facts.keys, (keys) => {
    // Between a rotation and the apply that brings it in, the key in use is not the one of the credentials file.
    const arrived = keys.some(({ key }) => key === ours);
    const isOurs = ({ key, title }: (typeof keys)[number]) => (arrived ? key === ours : title === deployKeyTitle);
    const others = keys.filter((key) => !key.readOnly && !isOurs(key));
    if (others.length === 0) return ok(sole);
    return notOk(
      `every deploy key that may write gets past it, so ${others.map(({ title, id }) => `"${title}" (${id})`).join(", ")} too`,
      others
        .map(({ id }) => gh("repo", "deploy-key", "delete", String(id), "--repo", facts.settings.repository))
        .join(" && "),
    );
  });
}

export const rulesChecks = [syncPushes, landing, delivery, bypass];
