/**
 * A GitHub App's token for this one repository, made for the work and revoked after it.
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
 */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import type { Permissions } from "./access.ts";
import { parseJson } from "./environment.ts";
import { GitHubError } from "./github.ts";
import type { Context } from "./look.ts";
import { restOf } from "./rest.ts";
import type { Credential, Settings } from "./settings.ts";
import { Stop, wordsFor } from "./stop.ts";

/** @throws Stop when the App's key is no key, or GitHub gives no token for it. */
export async function withInstallationToken<T>(
  settings: Settings & { readonly credential: Credential },
  context: Context,
  permissions: Permissions,
  use: (token: string) => Promise<T>,
): Promise<T> {
  const app = readApp(settings.credential.secret);
  const token = await tokenOf(settings, context, app, permissions);
  context.report.mask(token);
  try {
    return await use(token);
  } finally {
    await revoke(settings, context, token);
  }
}

interface App {
  readonly id: number;
  readonly key: KeyObject;
}

function readApp(secret: string): App {
  const { appId, privateKey } = (parseJson(secret) ?? {}) as { appId?: unknown; privateKey?: unknown };
  try {
    if (Number.isInteger(appId) && typeof privateKey === "string") {
      return { id: appId as number, key: createPrivateKey(privateKey) };
    }
  } catch {
    // The key's own error could quote the key.
  }
  throw new Stop({
    what: "there is no GitHub App to push with",
    got:
      secret === ""
        ? 'the environment "upstream-sync" has no secret UPSTREAM_SYNC_APP'
        : 'the secret UPSTREAM_SYNC_APP is not JSON like {"appId":123,"privateKey":"-----BEGIN RSA PRIVATE KEY-----…"}',
    remedy: 'Run "upstream-sync credentials create" and deploy, then run the workflow again',
  });
}

/** RS256, at most ten minutes; a minute in the past against clocks that differ. */
export function appJwt({ id, key }: App, now: number): string {
  const seconds = Math.floor(now / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iat: seconds - 60, exp: seconds + 540, iss: id })}`;
  return `${claims}.${sign("RSA-SHA256", Buffer.from(claims), key).toString("base64url")}`;
}

async function tokenOf(settings: Settings, context: Context, app: App, permissions: Permissions): Promise<string> {
  const rest = restOf({ apiUrl: settings.apiUrl, token: appJwt(app, context.now()), sleep: context.sleep });
  try {
    const installation = (await rest("GET", `/repos/${settings.repository}/installation`)).value as { id: number };
    const path = `/app/installations/${installation.id}/access_tokens`;
    const repositories = [settings.repository.split("/")[1]];
    // Made twice it leaves one that nobody knows and that ends within the hour.
    const made = async () => undefined;
    return ((await rest("POST", path, { repositories, permissions }, made)).value as { token: string }).token;
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const known = REMEDIES[error.status];
    if (known === undefined) throw error;
    throw new Stop({
      what: `GitHub gave no token for App ${app.id}`,
      got: `${error.status} ${error.detail}`,
      remedy: known(settings, permissions),
    });
  }
}

const REMEDIES: Readonly<Record<number, (settings: Settings, permissions: Permissions) => string>> = {
  401: () => "The private key is not one of this App's: make a new one in the App's settings and store it again",
  404: ({ repository }) => `Install the App on ${repository}`,
  422: (_, permissions) =>
    `Give the App these repository permissions and accept them on the installation: ${Object.entries(permissions)
      .map(([name, level]) => `${name}: ${level}`)
      .join(", ")}`,
};

/** It ends within the hour by itself. */
async function revoke(settings: Settings, { report, sleep }: Context, token: string): Promise<void> {
  try {
    await restOf({ apiUrl: settings.apiUrl, token, sleep })("DELETE", "/installation/token");
  } catch (error) {
    report.warning(`the App's token was not revoked and ends within the hour: ${wordsFor(error)}`);
  }
}
