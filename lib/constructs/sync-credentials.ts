import { ActionsEnvironmentSecret } from "@cdktf/provider-github/lib/actions-environment-secret/index.js";
import { DataGithubRestApi } from "@cdktf/provider-github/lib/data-github-rest-api/index.js";
import { RepositoryDeployKey } from "@cdktf/provider-github/lib/repository-deploy-key/index.js";
import { RepositoryEnvironment } from "@cdktf/provider-github/lib/repository-environment/index.js";
import { RepositoryEnvironmentDeploymentPolicy } from "@cdktf/provider-github/lib/repository-environment-deployment-policy/index.js";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { CredentialsFile, DeployKeyFile, GitHubAppFile, SealedSecret } from "../credentials/credentials-file.ts";
import { deployKeyTitle as keyTitle } from "../credentials/names.ts";
import { address, resourcesIn } from "./depend-on.ts";
import { hcl } from "./expression.ts";
import type { ForkRepository } from "./fork-repository.ts";
import type { Ownership } from "./ownership.ts";
import { RestList } from "./rest-list.ts";
import type { TerraformSteps } from "./terraform-steps.ts";

/** Who may pass a ruleset; `actorId` is absent for deploy keys, which stand for all keys of the repository. */
export interface BypassActor {
  readonly actorType: "DeployKey" | "Integration" | "RepositoryRole";
  readonly actorId?: number;
}

/** What a credential gives to the rest of the stack, whatever its kind. */
export interface BoundCredentials {
  /** Who passes the gate of the sync branch. */
  readonly bypassActor: BypassActor | undefined;
  /** Holds what has to exist before the first run. */
  readonly construct: Construct;
}

/** What a credential needs of the rest of the stack. */
export interface CredentialsSurroundings {
  readonly repository: ForkRepository;
  readonly ownership: Ownership;
  readonly steps: TerraformSteps;
  /** Path of the workflow in the fork. */
  readonly workflow: string;
}

/** A way for the workflow to push. Made by a factory, so that nothing else branches on the kind. */
export interface SyncCredentials {
  bind(scope: Construct, surroundings: CredentialsSurroundings): BoundCredentials;
}

/**
 * A write deploy key: its public half on the repository, its private half only as ciphertext, sealed for an environment that
 * only the default branch's workflow may enter. Another key is brought in without a gap: it is made first, then the secret is
 * exchanged, then the jobs that still hold the old one end, and only then the old key goes.
 */
function deployKey(file: DeployKeyFile): SyncCredentials {
  return {
    bind(scope, surroundings) {
      const { repository, ownership } = surroundings;
      const construct = new Construct(scope, "credentials");
      const key = new RepositoryDeployKey(construct, "key", {
        repository: repository.name,
        title: keyTitle,
        key: file.publicKey,
        readOnly: false,
        lifecycle: { createBeforeDestroy: true },
      });
      key.overrideLogicalId("sync");
      claimKey(construct, repository, ownership, file.publicKey);
      const secret = sealedEnvironment(construct, repository, ownership, file, "deploy_key");
      secret.dependsOn = [address(key)];
      handOver(construct, surroundings, file.publicKey);
      return { bypassActor: { actorType: "DeployKey" }, construct };
    },
  };
}

/** A GitHub App: its private key only as ciphertext, sealed for the same environment; the App alone passes the gate. */
function githubApp(file: GitHubAppFile): SyncCredentials {
  return {
    bind(scope, { repository, ownership }) {
      const construct = new Construct(scope, "credentials");
      sealedEnvironment(construct, repository, ownership, file, "app");
      return { bypassActor: { actorType: "Integration", actorId: file.appId }, construct };
    },
  };
}

/** The workflow's own token: nothing to keep anywhere, and nothing that could pass a gate. */
function githubToken(): SyncCredentials {
  return {
    bind: (scope) => ({ bypassActor: undefined, construct: new Construct(scope, "credentials") }),
  };
}

/**
 * Between the exchange of the secret and the end of the old key, which waits for everything that depends on the new one. A job reads an
 * environment's secrets when it starts (https://docs.github.com/actions/concepts/security/secrets), so one that is going may hold the
 * old key.
 */
function handOver(scope: Construct, { repository, steps, workflow }: CredentialsSurroundings, publicKey: string): void {
  const before = resourcesIn(scope).map(address);
  const data = new TerraformResource(scope, "handover", { terraformResourceType: "terraform_data" });
  data.overrideLogicalId("handover");
  data.addOverride("input", {
    repository: `${repository.owner}/${repository.name}`,
    workflow: workflow.slice(workflow.lastIndexOf("/") + 1),
  });
  data.addOverride("triggers_replace", publicKey);
  const environment = { UPSTREAM_SYNC_INPUT: "jsonencode(self.input)" };
  data.addOverride("provisioner", [steps.provisioner({ verb: "handover", when: "create", environment })]);
  data.dependsOn = before;
}

/**
 * An organization may forbid deploy keys, which also switches off those that are there; the setting is told to its members alone. A
 * policy of an enterprise shows only in a key that is there, else in GitHub's refusal.
 * https://docs.github.com/organizations/managing-organization-settings/restricting-deploy-keys-in-your-organization
 */
function requireDeployKeys(scope: Construct, repository: ForkRepository, ownership: Ownership, keys: string): void {
  const organization = new DataGithubRestApi(scope, "organization", { endpoint: `orgs/${repository.owner}` });
  organization.overrideLogicalId("organization");
  const type = `try(${repository.fact("owner.type")}, "")`;
  organization.addOverride("for_each", `\${toset([for type in [${type}] : type if type == "Organization"])}`);
  const told = `try(jsondecode(read.body).deploy_keys_enabled_for_repositories, null)`;
  const forbidden = `anytrue([for read in data.github_rest_api.organization : ${told} == false])`;
  const off = `anytrue([for one in ${keys} : try(one.enabled, null) == false])`;
  ownership.require(`!${forbidden} && !${off}`, {
    what: `the deploy key of ${repository.owner}/${repository.name}`,
    got: "an organization or enterprise that forbids deploy keys",
    expected: "deploy keys allowed, or another credential",
    fix: `Let an owner of the organization allow them (its settings, Deploy keys), or write credentials: github-app and run \`upstream-sync credentials create ${repository.owner}/${repository.name} --replace\` with an App.`,
  });
}

/** Ours is the key of the credentials file under our title. GitHub takes a key only once, and people know it by its title. */
function claimKey(scope: Construct, repository: ForkRepository, ownership: Ownership, publicKey: string): void {
  const list = new RestList(scope, "keys", {
    endpoint: `repos/${repository.owner}/${repository.name}/keys`,
    name: "deploy_keys",
  });
  // GitHub keeps type and key, not the comment.
  const material = hcl(publicKey.trim().split(/\s+/).slice(0, 2).join(" "));
  const same = `join(" ", slice(concat(split(" ", one.key), [""]), 0, 2)) == ${material}`;
  const keys = `[for one in ${list.items} : one if one.title == "${keyTitle}" && ${same}]`;
  requireDeployKeys(scope, repository, ownership, keys);
  const owned = ownership.claim({
    thing: `deploy key:${keyTitle}`,
    there: `length([for one in ${list.items} : one if one.title == "${keyTitle}" || ${same}]) > 0`,
    ours: () => `length(${keys}) > 0`,
    importId: `"${repository.name}:\${${keys}[0].id}"`,
    foreign: {
      what: `the deploy key "${keyTitle}" of ${repository.owner}/${repository.name}`,
      got: "one that was there before: another key of that title, or the key of the credentials file under another title",
      expected: `none, or the key of the credentials file titled ${keyTitle}`,
      fix: "Rename or remove it (Settings, Deploy keys), then apply again.",
    },
  });
  owned.importInto("github_repository_deploy_key.sync");
}

/**
 * The environment that `upstream-sync credentials create` made, and in it the sealed secret. Its key pair is its mark: a secret
 * sealed for another environment could not be opened.
 */
function sealedEnvironment(
  scope: Construct,
  repository: ForkRepository,
  ownership: Ownership,
  file: CredentialsFile,
  secretId: string,
): ActionsEnvironmentSecret {
  const name = file.environment;
  const endpoint = `repos/${repository.owner}/${repository.name}/environments/${encodeURIComponent(name)}`;
  const pair = new DataGithubRestApi(scope, "key-pair", { endpoint: `${endpoint}/secrets/public-key` });
  pair.overrideLogicalId("environment_key");
  const ours = `try(jsondecode(data.github_rest_api.environment_key.body).key_id, null) == ${hcl(file.secret.keyId)}`;
  const owned = ownership.claim({
    thing: `environment:${name}`,
    there: "data.github_rest_api.environment_key.code == 200",
    ours: () => ours,
    importId: `"${repository.name}:${name}"`,
  });
  ownership.require(ours, {
    what: `the environment ${name} of ${repository.owner}/${repository.name}`,
    got: '${data.github_rest_api.environment_key.code == 200 ? "one with another key pair" : "none"}',
    expected: "the one that the credentials file was sealed for",
    fix: `Run \`upstream-sync credentials create ${repository.owner}/${repository.name} --replace\`, then apply again.`,
  });

  const environment = new RepositoryEnvironment(scope, "environment", {
    repository: repository.name,
    environment: name,
    deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
  });
  environment.overrideLogicalId("sync");
  owned.importInto("github_repository_environment.sync");

  const policy = new RepositoryEnvironmentDeploymentPolicy(scope, "policy", {
    repository: repository.name,
    environment: environment.environment,
    branchPattern: repository.defaultBranch,
  });
  policy.overrideLogicalId("default_branch");
  const policies = new RestList(scope, "policies", {
    endpoint: `${endpoint}/deployment-branch-policies`,
    key: "branch_policies",
    name: "branch_policies",
  });
  const live = `[for one in ${policies.items} : one.id if one.name == jsondecode(data.github_rest_api.repository.body).default_branch]`;
  ownership
    .claim({
      thing: `environment:${name}:default branch`,
      there: `length(${live}) > 0`,
      // Whose the environment is, theirs are its policies.
      ours: () => ours,
      importId: `"${repository.name}:${name}:\${${live}[0]}"`,
    })
    .importInto("github_repository_environment_deployment_policy.default_branch");

  const keep = (id: string, sealed: SealedSecret) => {
    const secret = new ActionsEnvironmentSecret(scope, id, {
      repository: repository.name,
      environment: environment.environment,
      secretName: sealed.name,
    });
    secret.overrideLogicalId(id);
    // By override: with the bindings' `encryptedValue` the provider refuses `key_id`, and without it the ciphertext is sent
    // under whatever key is current (reference: github-facts-2.md, 6.13.0 `github_actions_environment_secret`).
    secret.addOverride("value_encrypted", sealed.encrypted);
    secret.addOverride("key_id", sealed.keyId);
    return secret;
  };
  if (file.upstreamToken) keep("upstream_token", file.upstreamToken);
  return keep(secretId, file.secret);
}

/** The factory that fits a credentials file. */
function fromFile(file: CredentialsFile): SyncCredentials {
  return file.kind === "deploy-key" ? deployKey(file) : githubApp(file);
}

export const SyncCredentials = { deployKey, githubApp, githubToken, fromFile } as const;
