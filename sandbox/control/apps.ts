/** GitHub Apps: registering one with its public key and installing it, what on GitHub happens in the browser. */
import { createPublicKey, randomBytes } from "node:crypto";
import { Hono } from "hono";
import { type App, type Installation, spelledWithHyphens } from "../server/apps.ts";
import { type Body, optionalString, optionalStrings, readBody, requiredString } from "../server/body.ts";
import { type Env, GitHubError, type Routes } from "../server/http.ts";
import type { State, TokenPermissions } from "../server/state.ts";

function problem(message: string): GitHubError {
  return new GitHubError(422, `sandbox: ${message}`);
}

function permissionsOf(body: Body): TokenPermissions | undefined {
  const given = body.permissions;
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null)
    throw problem('"permissions" must be an object, {"contents": "write"}');
  return spelledWithHyphens(given as Record<string, unknown>);
}

function registered(state: State, body: Body): App {
  const slug = requiredString(body, "slug");
  const owner = state.owner(requiredString(body, "owner"));
  if (!owner) throw problem(`no owner ${String(body.owner)}: make it first with POST /_sandbox/owners`);
  if (state.data.apps?.some((app) => app.slug === slug)) throw problem(`an App ${slug} is already there`);
  const publicKey = requiredString(body, "publicKey");
  requireRsa(publicKey);
  return {
    id: state.id(),
    slug,
    name: optionalString(body, "name") ?? slug,
    owner: owner.login,
    clientId: `Iv23li${randomBytes(7).toString("hex")}`,
    publicKeys: [publicKey],
    permissions: permissionsOf(body) ?? {},
    installations: [],
    created_at: state.timestamp(),
  };
}

function requireRsa(publicKey: string): void {
  try {
    if (createPublicKey(publicKey).asymmetricKeyType !== "rsa") throw new Error("not RSA");
  } catch {
    throw problem('"publicKey" must be an RSA public key in PEM: GitHub signs JWTs with RS256 only');
  }
}

function installed(state: State, app: App, body: Body): Installation {
  const account = state.owner(requiredString(body, "account"));
  if (!account) throw problem(`no owner ${String(body.account)}`);
  if (app.installations.some((one) => one.account === account.login))
    throw problem(`${app.slug} is already installed there`);
  return {
    id: state.id(),
    account: account.login,
    repositories: optionalStrings(body, "repositories") ?? "all",
    permissions: permissionsOf(body) ?? app.permissions,
    created_at: state.timestamp(),
  };
}

export function appsControlRoutes(): Routes {
  const routes = new Hono<Env>();
  const appNamed = (state: State, slug: string): App => {
    const app = state.data.apps?.find((one) => one.slug === slug);
    if (!app) throw problem(`no App ${slug}`);
    return app;
  };
  routes.post("/_sandbox/apps", async (c) => {
    const { state } = c.var.sandbox;
    const app = registered(state, await readBody(c));
    state.data.apps = [...(state.data.apps ?? []), app];
    state.save();
    return c.json({ id: app.id, slug: app.slug, clientId: app.clientId }, 201);
  });
  routes.post("/_sandbox/apps/:slug/installations", async (c) => {
    const { state } = c.var.sandbox;
    const app = appNamed(state, c.req.param("slug"));
    const installation = installed(state, app, await readBody(c));
    app.installations.push(installation);
    state.save();
    return c.json({ id: installation.id }, 201);
  });
  // On GitHub people make a second key on the App's settings page, and delete the first one there.
  routes.put("/_sandbox/apps/:slug/keys", async (c) => {
    const { state } = c.var.sandbox;
    const app = appNamed(state, c.req.param("slug"));
    const keys = optionalStrings(await readBody(c), "publicKeys") ?? [];
    for (const key of keys) requireRsa(key);
    app.publicKeys = keys;
    state.save();
    return c.body(null, 204);
  });
  routes.delete("/_sandbox/apps/:slug/installations/:id", (c) => {
    const { state } = c.var.sandbox;
    const app = appNamed(state, c.req.param("slug"));
    app.installations = app.installations.filter(({ id }) => String(id) !== c.req.param("id"));
    for (const [text, token] of state.installationTokens) {
      if (String(token.installation) === c.req.param("id")) state.installationTokens.delete(text);
    }
    state.save();
    return c.body(null, 204);
  });
  return routes;
}
