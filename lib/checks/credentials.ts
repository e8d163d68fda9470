/** What the workflow pushes with, and what upstream's code could read. */
import { activeOthers, upstreamWorkflows } from "./actions.ts";
import { type Check, cannotTell, gh, isDeployed, notOk, ok, whenTold } from "./check.ts";
import { planRefuses } from "./settings.ts";

/** Days. Older keys work on; a year is what most rules for keys say. */
const oldestKey = 365;

const deployKey: Check = {
  id: "deploy-key",
  title: "The deploy key is there, works, and is not old",
  find(view) {
    const { facts, fork, credentials } = view;
    if (fork.credentials !== "deploy-key") return ok(`not used: credentials: ${fork.credentials}`);
    const { repository } = fork;
    if (credentials?.kind !== "deploy-key") {
      return notOk("no key was made for this fork", `upstream-sync credentials create ${repository}`);
    }
    return whenTold(facts.keys, (keys) => {
      const found = keys.find(({ key }) => key === credentials.publicKey);
      if (!found) {
        return isDeployed(view)
          ? notOk("the key of the credentials file is not on the fork", `upstream-sync apply ${repository}`)
          : cannotTell("the key is made, and not deployed yet", `upstream-sync apply ${repository}`);
      }
      const renew = `upstream-sync credentials rotate ${repository} && upstream-sync apply ${repository}`;
      if (!found.enabled) {
        return notOk(
          `key ${found.id} is disabled: the organization forbids deploy keys`,
          "allow deploy keys in the organization's settings, or write credentials: github-app",
        );
      }
      if (found.readOnly) return notOk(`key ${found.id} may not write`, renew);
      const days = Math.floor((view.now - Date.parse(found.createdAt)) / 86_400_000);
      return days > oldestKey
        ? notOk(`key ${found.id} is ${days} days old`, renew)
        : ok(`key ${found.id}, ${days} days old`);
    });
  },
};

const secret: Check = {
  id: "secret",
  title: "The workflow's secret is in its environment",
  find(view) {
    const { facts, fork, credentials } = view;
    if (fork.credentials === "github-token" && !fork.upstream.private) return ok("not used: credentials: github-token");
    if (!credentials)
      return cannotTell("no credential was made yet", `upstream-sync credentials create ${fork.repository}`);
    if (planRefuses(view) !== undefined) return cannotTell("this plan has no environments", 'see the check "plan"');
    const apply = `upstream-sync apply ${fork.repository}`;
    const wanted = [credentials.secret.name, ...(credentials.upstreamToken ? [credentials.upstreamToken.name] : [])];
    return whenTold(facts.environmentSecrets, (names) => {
      const missing = wanted.filter((name) => !names?.includes(name));
      if (missing.length === 0) return ok(`${wanted.join(", ")} in environment ${credentials.environment}`);
      return isDeployed(view)
        ? notOk(
            `${missing.join(", ")} is not in environment ${credentials.environment}`,
            names ? apply : `upstream-sync credentials create ${fork.repository} --replace && ${apply}`,
          )
        : cannotTell("the secret is sealed, and not deployed yet", apply);
    });
  },
};

/** A workflow that came from upstream and runs here reads every secret of the repository, and of the organization that it may use. */
const repositorySecrets: Check = {
  id: "repository-secrets",
  title: "No workflow of upstream's can read a secret",
  find(view) {
    const { facts } = view;
    const { repository } = facts.settings;
    return whenTold(facts.secrets, (names) => {
      if (names.length === 0) return ok("the repository has no secrets of its own");
      const theirs = upstreamWorkflows(view);
      const listed = names.join(", ");
      if (theirs === undefined) {
        const others = activeOthers(facts);
        if (facts.workflows.told && others.length === 0) return ok(`${listed}; no workflow but ours is switched on`);
        return cannotTell(
          `whether those who read ${listed} came from upstream`,
          gh("workflow", "list", "--repo", repository),
        );
      }
      if (theirs.length === 0) return ok(`${listed}; no workflow of upstream's is switched on`);
      return notOk(
        `upstream's ${theirs.join(", ")} can read ${listed}`,
        `${theirs.map((name) => gh("workflow", "disable", name, "--repo", repository)).join(" && ")}; or move the secrets into an environment: ${gh("secret", "set", names[0] as string, "--env", "production", "--repo", repository)}`,
      );
    });
  },
};

export const credentialsChecks: readonly Check[] = [deployKey, secret, repositorySecrets];
