import { ActionsEnvironmentSecret } from "@cdktf/provider-github/lib/actions-environment-secret/index.js";
import { RepositoryDeployKey } from "@cdktf/provider-github/lib/repository-deploy-key/index.js";
import { RepositoryEnvironment } from "@cdktf/provider-github/lib/repository-environment/index.js";
import { RepositoryEnvironmentDeploymentPolicy } from "@cdktf/provider-github/lib/repository-environment-deployment-policy/index.js";
import { Construct } from "constructs";
import type { CredentialsFile } from "../credentials/credentials-file.ts";
import type { ForkRepository } from "./fork-repository.ts";

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

/** A way for the workflow to push. Made by a factory, so that nothing else branches on the kind. */
export interface SyncCredentials {
  bind(scope: Construct, repository: ForkRepository): BoundCredentials;
}

/**
 * A write deploy key: its public half on the repository, its private half only as ciphertext, sealed for an environment that
 * only the default branch's workflow may enter.
 */
function deployKey(file: CredentialsFile): SyncCredentials {
  return {
    bind(scope, repository) {
      const construct = new Construct(scope, "credentials");
      const key = new RepositoryDeployKey(construct, "key", {
        repository: repository.name,
        title: "upstream-sync",
        key: file.publicKey,
        readOnly: false,
      });
      key.overrideLogicalId("sync");

      const environment = new RepositoryEnvironment(construct, "environment", {
        repository: repository.name,
        environment: file.environment,
        deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
      });
      environment.overrideLogicalId("sync");

      const policy = new RepositoryEnvironmentDeploymentPolicy(construct, "policy", {
        repository: repository.name,
        environment: environment.environment,
        branchPattern: repository.defaultBranch,
      });
      policy.overrideLogicalId("default_branch");

      const secret = new ActionsEnvironmentSecret(construct, "secret", {
        repository: repository.name,
        environment: environment.environment,
        secretName: file.secret.name,
      });
      secret.overrideLogicalId("deploy_key");
      // By override: with the bindings' `encryptedValue` the provider refuses `key_id`, and without it the ciphertext is sent
      // under whatever key is current (reference: github-facts-2.md, 6.13.0 `github_actions_environment_secret`).
      secret.addOverride("value_encrypted", file.secret.encrypted);
      secret.addOverride("key_id", file.secret.keyId);

      return { bypassActor: { actorType: "DeployKey" }, construct };
    },
  };
}

export const SyncCredentials = { deployKey } as const;
