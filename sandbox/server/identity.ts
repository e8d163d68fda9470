/** Who is calling, and what they may do: the one place that knows roles and job-token permissions. */
import { type App, type InstallationToken, reaches } from "./apps.ts";
import type { JobToken, Permission, Repository, State } from "./state.ts";

export type Identity =
  | { kind: "anonymous" }
  | { kind: "user"; login: string; scopes: string[] }
  | { kind: "job"; token: JobToken }
  /** An App by its JWT: it may ask about itself and for tokens, nothing else. */
  | { kind: "app"; app: App }
  | { kind: "installation"; token: InstallationToken }
  | { kind: "deploy-key"; repository: string; keyId: number; readOnly: boolean };

export const anonymous: Identity = { kind: "anonymous" };

/** The name the request log and `creator` fields show. */
export function actorName(identity: Identity): string {
  switch (identity.kind) {
    case "anonymous":
      return "anonymous";
    case "user":
      return identity.login;
    case "job":
      return "github-actions[bot]";
    case "app":
      return `${identity.app.slug}[bot]`;
    case "installation":
      return `${identity.token.app.slug}[bot]`;
    case "deploy-key":
      return `deploy-key:${identity.keyId}`;
  }
}

export function fullName(repository: Pick<Repository, "owner" | "name">): string {
  return `${repository.owner}/${repository.name}`;
}

/** A token as it stands in `Authorization`; undefined = GitHub's "Bad credentials". */
export function identify(state: State, token: string): Identity | undefined {
  const user = state.data.userTokens[token];
  if (user) return { kind: "user", login: user.login, scopes: user.scopes };
  const job = state.jobTokens.get(token);
  if (job) return { kind: "job", token: job };
  const installed = state.installationTokens.get(token);
  if (installed && installed.expires > Date.now()) return { kind: "installation", token: installed };
  return undefined;
}

const ranks: Permission[] = ["read", "triage", "write", "maintain", "admin"];

/** A person's role in a repository: the owner is its administrator, everybody reads what is public. */
export function role(repository: Repository, identity: Identity): Permission | undefined {
  if (identity.kind === "user") {
    if (identity.login.toLowerCase() === repository.owner.toLowerCase()) return "admin";
    const given = Object.entries(repository.collaborators).find(
      ([login]) => login.toLowerCase() === identity.login.toLowerCase(),
    )?.[1];
    if (given) return given;
  }
  return repository.visibility === "public" ? "read" : undefined;
}

export function atLeast(actual: Permission | undefined, wanted: Permission): boolean {
  return actual !== undefined && ranks.indexOf(actual) >= ranks.indexOf(wanted);
}

/** Tokens with permissions instead of a role: those of workflow jobs and of App installations. */
export function isIntegration(identity: Identity): identity is Extract<Identity, { kind: "job" | "installation" }> {
  return identity.kind === "job" || identity.kind === "installation";
}

function isFor(identity: Extract<Identity, { kind: "job" | "installation" }>, repository: Repository): boolean {
  return identity.kind === "job"
    ? identity.token.repository.toLowerCase() === fullName(repository).toLowerCase()
    : reaches(identity.token, repository);
}

export function integrationMay(
  identity: Identity,
  repository: Repository,
  key: string,
  access: "read" | "write",
): boolean {
  if (!isIntegration(identity)) return false;
  if (!isFor(identity, repository)) return access === "read" && repository.visibility === "public";
  const granted = identity.token.permissions[key] ?? "none";
  return granted === "write" || (access === "read" && granted === "read");
}

/** Whether the caller can see that the repository exists; if not, GitHub answers 404. */
export function canSee(repository: Repository, identity: Identity): boolean {
  if (repository.visibility === "public") return true;
  if (isIntegration(identity)) return isFor(identity, repository);
  if (identity.kind === "deploy-key") return identity.repository.toLowerCase() === fullName(repository).toLowerCase();
  return role(repository, identity) !== undefined;
}
