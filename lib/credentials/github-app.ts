/** What a GitHub App must be able to do before its key is sealed for a fork: be itself, be installed there, and have its rights. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { RequestError } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { Failure, InputFailure } from "../failure.ts";
import { connectAs, explain } from "../github.ts";

export interface AppKey {
  readonly appId: number;
  readonly key: KeyObject;
}

/** @throws InputFailure when the text is no RSA private key; its own error could quote it. */
export function readAppKey(appId: number, pem: string): AppKey {
  const fix = "download a new private key from the App's settings page, and name that file";
  const expected = "a PEM file that begins with -----BEGIN RSA PRIVATE KEY----- or -----BEGIN PRIVATE KEY-----";
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new InputFailure(`the private key of App ${appId} cannot be read: expected ${expected}`, fix);
  }
  if (key.asymmetricKeyType !== "rsa")
    throw new InputFailure(`the private key of App ${appId}: got ${key.asymmetricKeyType}, expected RSA`, fix);
  return { appId, key };
}

/**
 * RS256, for a minute; a minute in the past against clocks that differ.
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
export function appJwt({ appId, key }: AppKey, now: number): string {
  const seconds = Math.floor(now / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iat: seconds - 60, exp: seconds + 60, iss: appId })}`;
  return `${claims}.${sign("RSA-SHA256", Buffer.from(claims), key).toString("base64url")}`;
}

/** Permission -> level, as GitHub's API names them. */
export type Permissions = Readonly<Record<string, string>>;

/** What the workflow does in the App's name (`sync/merge.ts`, `sync/finish.ts`). */
export function neededPermissions(fork: ForkConfig): Permissions {
  return {
    contents: "write",
    issues: "write",
    pull_requests: "write",
    statuses: "write",
    // A commit that brings upstream's changes touches workflow files even where the candidate keeps the fork's own.
    workflows: "write",
    ...(fork.pullRequest.teamReviewers.length > 0 ? { members: "read" } : {}),
  };
}

/** @param installed what the installation may do. */
export function missingPermissions(needed: Permissions, installed: Permissions): string[] {
  const enough = (name: string, level: string) =>
    installed[name] === level || installed[name] === "write" || installed[name] === "admin";
  return Object.entries(needed)
    .filter(([name, level]) => !enough(name, level))
    .map(([name, level]) => `${name}: ${level}`);
}

/** @param request `GET /repos/{owner}/{repo}/installation` as the App. @throws Failure when it is not installed, or may not do enough. */
export async function checkInstallation(
  fork: ForkConfig,
  appId: number,
  request: () => Promise<{ readonly data: { readonly permissions: unknown } }>,
): Promise<void> {
  const { data } = await request().catch((error: unknown): never => {
    if (error instanceof RequestError && error.status === 401) {
      throw new Failure(
        `the private key does not belong to App ${appId}: GitHub does not accept it`,
        "check --app-id (the number on the App's settings page, not the client id), and the file",
        error.message,
      );
    }
    if (error instanceof RequestError && error.status === 404) {
      throw new Failure(
        `App ${appId} is not installed on ${fork.repository}`,
        "install it there (the App's settings page, Install App), then run this again",
        error.message,
      );
    }
    throw error;
  });
  const missing = missingPermissions(neededPermissions(fork), data.permissions as Permissions);
  if (missing.length > 0) {
    throw new Failure(
      `App ${appId} may not do enough on ${fork.repository}: it lacks ${missing.join(", ")}`,
      "add these on the App's settings page, accept them for the installation, then run this again",
    );
  }
}

/** What the credentials file says of an App besides its number. */
export interface AppFacts {
  readonly keyFingerprint: string;
  readonly settings: string;
}

/** Asks GitHub as the App. @throws Failure when the key is not the App's, it is not installed on the fork, or may not do enough. */
export async function checkApp(
  env: NodeJS.ProcessEnv,
  fork: ForkConfig,
  appId: number,
  privateKey: string,
): Promise<AppFacts> {
  const app = readAppKey(appId, privateKey);
  const asApp = connectAs(appJwt(app, Date.now()), env);
  await checkInstallation(fork, appId, () =>
    asApp.rest.apps.getRepoInstallation({ owner: fork.owner, repo: fork.name }),
  ).catch((error) => explain(error, `ask for App ${appId} on ${fork.repository}`));
  const { data } = await asApp.rest.apps.getAuthenticated().catch((error) => explain(error, `read App ${appId}`));
  return { keyFingerprint: fingerprintOf(app), settings: settingsPage(data as AppOnGitHub) };
}

/**
 * As GitHub shows it beside a private key, without `SHA256:`.
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps#verifying-private-keys
 */
export function fingerprintOf({ key }: AppKey): string {
  return createHash("sha256")
    .update(createPublicKey(key).export({ type: "spki", format: "der" }))
    .digest("base64");
}

interface AppOnGitHub {
  readonly slug: string;
  readonly html_url: string;
  readonly owner: { readonly login: string; readonly type?: string };
}

/** Where people make and delete an App's private keys; its owner decides the address. */
export function settingsPage({ slug, html_url, owner }: AppOnGitHub): string {
  const { origin } = new URL(html_url);
  const place = owner.type === "Organization" ? `organizations/${owner.login}/settings` : "settings";
  return `${origin}/${place}/apps/${slug}`;
}
