/**
 * GitHub Apps: registered with a public key, installed on accounts, acting by tokens that live an hour. Time is the machine's, not
 * the sandbox clock's: whoever signs a JWT on this machine knows no other.
 */
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { GitHubError } from "./github-error.ts";
import type { Repository, State, TokenPermissions } from "./state.ts";

export interface Installation {
  id: number;
  /** Login of the account it is installed on. */
  account: string;
  /** Names of that account's repositories; "all" includes those still to come. */
  repositories: "all" | string[];
  /** What the account granted, keys with hyphens as in `permissions:` of a workflow. */
  permissions: TokenPermissions;
  created_at: string;
}

export interface App {
  id: number;
  slug: string;
  name: string;
  owner: string;
  clientId: string;
  /** Of the private keys, PEM, SubjectPublicKeyInfo or PKCS#1: while people exchange one, an App has two. */
  publicKeys: string[];
  permissions: TokenPermissions;
  installations: Installation[];
  created_at: string;
}

export interface InstallationToken {
  app: Pick<App, "id" | "slug">;
  installation: number;
  account: string;
  repositories: "all" | string[];
  permissions: TokenPermissions;
  /** Milliseconds since 1970, machine clock. */
  expires: number;
}

const minute = 60;
const hour = 3_600_000;

export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The App a JWT speaks for (docs: generating-a-json-web-token-jwt-for-a-github-app: RS256, at most ten minutes, `iss` the client or App id).
 * Texts: actions/create-github-app-token#76, #153 and #178, sigmavirus24/github3.py#1050, octokit/auth-app.js#146. @throws GitHubError 401.
 */
export function appOfJwt(apps: readonly App[], token: string, now = Math.floor(Date.now() / 1000)): App {
  const [head = "", body = "", signature = ""] = token.split(".");
  const claims = decoded(body);
  const app = apps.find(({ id, clientId }) => String(claims?.iss) === String(id) || claims?.iss === clientId);
  if (claims && !app) throw new GitHubError(404, "Integration not found");
  const fits = (key: string) =>
    verify("sha256", Buffer.from(`${head}.${body}`), createPublicKey(key), Buffer.from(signature, "base64url"));
  const signed = app?.publicKeys.some(fits);
  if (!app || !claims || decoded(head)?.alg !== "RS256" || !signed) {
    throw new GitHubError(401, "A JSON web token could not be decoded");
  }
  const { iat, exp } = claims;
  if (typeof iat !== "number" || iat > now + minute) {
    const words = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
    throw new GitHubError(401, words);
  }
  if (typeof exp !== "number" || exp <= now) {
    const words =
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
    throw new GitHubError(401, words);
  }
  if (exp > now + 10 * minute) {
    throw new GitHubError(401, "'Expiration time' claim ('exp') is too far in the future");
  }
  return app;
}

export function installationsOf(state: State): { app: App; installation: Installation }[] {
  return (state.data.apps ?? []).flatMap((app) => app.installations.map((installation) => ({ app, installation })));
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Whether an installation, or a token of one, reaches a repository. */
export function reaches(
  { account, repositories }: Pick<Installation, "account" | "repositories">,
  repository: Pick<Repository, "owner" | "name">,
): boolean {
  if (!same(account, repository.owner)) return false;
  return repositories === "all" || repositories.some((name) => same(name, repository.name));
}

/** Ids of the Apps a ruleset of this repository may name. */
export function appInstalledOn(state: State, id: number | null, repository: Repository): boolean {
  return installationsOf(state).some(({ app, installation }) => app.id === id && reaches(installation, repository));
}

const ranks = ["none", "read", "write"];

function within(granted: TokenPermissions, wanted: TokenPermissions): boolean {
  return Object.entries(wanted).every(([key, level]) => ranks.indexOf(level) <= ranks.indexOf(granted[key] ?? "none"));
}

/** "pull_requests" of the API is "pull-requests" of job tokens; one spelling inside. */
export function spelledWithHyphens(permissions: Record<string, unknown>): TokenPermissions {
  const entries = Object.entries(permissions).map(([key, level]) => [key.replaceAll("_", "-"), level]);
  return Object.fromEntries(entries) as TokenPermissions;
}

export function spelledWithUnderscores(permissions: TokenPermissions): TokenPermissions {
  return Object.fromEntries(Object.entries(permissions).map(([key, level]) => [key.replaceAll("-", "_"), level]));
}

/** A token for all the installation may do, or less. @throws GitHubError 422 when more is asked for. */
export function mintInstallationToken(
  state: State,
  app: App,
  installation: Installation,
  wanted: { repositories?: string[]; permissions?: TokenPermissions },
): { text: string; token: InstallationToken } {
  const { account } = installation;
  const lacking = wanted.repositories?.some((name) => {
    const repository = state.repository(account, name);
    return !repository || !reaches(installation, repository);
  });
  if (lacking) {
    const words =
      "There is at least one repository that does not exist or is not accessible to the parent installation.";
    throw new GitHubError(422, words);
  }
  // PyGithub, tests/GithubIntegration.py (a recorded answer).
  if (wanted.permissions && !within(installation.permissions, wanted.permissions)) {
    throw new GitHubError(422, "The permissions requested are not granted to this installation.");
  }
  const token: InstallationToken = {
    app: { id: app.id, slug: app.slug },
    installation: installation.id,
    account,
    repositories: wanted.repositories ?? installation.repositories,
    permissions: { metadata: "read", ...(wanted.permissions ?? installation.permissions) },
    expires: Date.now() + hour,
  };
  const text = `ghs_${randomBytes(27).toString("base64url").replace(/[-_]/g, "0")}`;
  state.installationTokens.set(text, token);
  return { text, token };
}
