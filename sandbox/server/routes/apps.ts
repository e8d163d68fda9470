/** GitHub Apps as they see themselves: who they are, where they are installed, and their tokens. */
import { type Context, Hono } from "hono";
import {
  type App,
  type Installation,
  mintInstallationToken,
  reaches,
  spelledWithHyphens,
  spelledWithUnderscores,
} from "../apps.ts";
import { optionalStrings, readBody } from "../body.ts";
import { type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { fullName } from "../identity.ts";
import { paginate } from "../paging.ts";
import { apiUrl, nodeId, repositoryShape, simpleUser } from "../shapes.ts";
import type { Repository, State } from "../state.ts";

/** The App behind a JWT; anything else is no JWT to these routes (backstage/backstage#12887). */
function appOf(c: Context<Env>): App {
  const { identity } = c.var;
  if (identity.kind !== "app") throw new GitHubError(401, "A JSON web token could not be decoded");
  return identity.app;
}

function appShape(c: RouteContext, app: App) {
  const { sandbox } = c.var;
  const page = `${sandbox.url}/apps/${app.slug}`;
  return {
    id: app.id,
    slug: app.slug,
    client_id: app.clientId,
    node_id: nodeId("Integration", app.id),
    owner: simpleUser(sandbox, app.owner),
    name: app.name,
    description: null,
    external_url: page,
    html_url: page,
    created_at: app.created_at,
    updated_at: app.created_at,
    permissions: spelledWithUnderscores(app.permissions),
    events: [],
  };
}

function installationShape(c: RouteContext, app: App, installation: Installation) {
  const { sandbox } = c.var;
  const account = simpleUser(sandbox, installation.account);
  const url = `${apiUrl(sandbox)}/app/installations/${installation.id}`;
  return {
    id: installation.id,
    account,
    repository_selection: installation.repositories === "all" ? ("all" as const) : ("selected" as const),
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${apiUrl(sandbox)}/installation/repositories`,
    html_url: `${sandbox.url}/settings/installations/${installation.id}`,
    app_id: app.id,
    client_id: app.clientId,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: spelledWithUnderscores(installation.permissions),
    events: [],
    created_at: installation.created_at,
    updated_at: installation.created_at,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: null,
  };
}

function repositoriesReached(state: State, where: Pick<Installation, "account" | "repositories">): Repository[] {
  return state.data.repositories.filter((repository) => reaches(where, repository));
}

/** By names or by ids; undefined = all that the installation reaches. */
function wantedRepositories(state: State, body: Record<string, unknown>): string[] | undefined {
  const names = optionalStrings(body, "repositories");
  const ids = Array.isArray(body.repository_ids) ? body.repository_ids : [];
  const byId = ids.map((id) => state.data.repositories.find((one) => one.id === id)?.name ?? `id ${String(id)}`);
  const wanted = [...(names ?? []), ...byId];
  return wanted.length > 0 ? wanted : undefined;
}

export function appsRoutes(): Routes {
  const routes = new Hono<Env>();
  const find = (c: RouteContext, fits: (installation: Installation) => boolean) => {
    const installation = appOf(c).installations.find(fits);
    if (!installation) throw notFound();
    return installation;
  };
  const byId = (c: RouteContext) => find(c, ({ id }) => id === Number(c.req.param("id")));

  routes.get("/app", (c) => c.json({ ...appShape(c, appOf(c)), installations_count: appOf(c).installations.length }));
  routes.get("/apps/:slug", (c) => {
    const app = c.var.sandbox.state.data.apps?.find(({ slug }) => slug === c.req.param("slug"));
    if (!app) throw notFound();
    return c.json(appShape(c, app));
  });
  routes.get("/app/installations", (c) => {
    const app = appOf(c);
    return c.json(paginate(c, app.installations).map((one) => installationShape(c, app, one)));
  });
  routes.get("/app/installations/:id{[0-9]+}", (c) => c.json(installationShape(c, appOf(c), byId(c))));
  routes.get("/repos/:owner/:repo/installation", (c) => {
    const app = appOf(c);
    const repository = c.var.sandbox.state.repository(c.req.param("owner"), c.req.param("repo"));
    const found = find(c, (installation) => repository !== undefined && reaches(installation, repository));
    return c.json(installationShape(c, app, found));
  });
  const ofAccount = (c: RouteContext) => {
    const account = (c.req.param("account") ?? "").toLowerCase();
    return c.json(
      installationShape(
        c,
        appOf(c),
        find(c, (one) => one.account.toLowerCase() === account),
      ),
    );
  };
  routes.get("/users/:account/installation", ofAccount);
  routes.get("/orgs/:account/installation", ofAccount);

  routes.post("/app/installations/:id{[0-9]+}/access_tokens", async (c) => {
    const { sandbox } = c.var;
    const installation = byId(c);
    const body = await readBody(c);
    const repositories = wantedRepositories(sandbox.state, body);
    const { text, token } = mintInstallationToken(sandbox.state, appOf(c), installation, {
      ...(repositories ? { repositories } : {}),
      ...(body.permissions ? { permissions: spelledWithHyphens(body.permissions as Record<string, unknown>) } : {}),
    });
    const selected = token.repositories !== "all";
    return c.json(
      {
        token: text,
        expires_at: new Date(token.expires).toISOString().replace(/\.\d+Z$/, "Z"),
        permissions: spelledWithUnderscores(token.permissions),
        repository_selection: selected ? "selected" : "all",
        ...(selected
          ? {
              repositories: repositoriesReached(sandbox.state, token).map((one) =>
                repositoryShape(sandbox, one, { kind: "installation", token }),
              ),
            }
          : {}),
      },
      201,
    );
  });

  routes.get("/installation/repositories", (c) => {
    const { sandbox, identity } = c.var;
    if (identity.kind !== "installation") {
      throw new GitHubError(
        403,
        "You must authenticate with an installation access token in order to list repositories for an installation.",
      );
    }
    const found = repositoriesReached(sandbox.state, identity.token).sort((a, b) =>
      fullName(a).localeCompare(fullName(b)),
    );
    return c.json({
      total_count: found.length,
      repository_selection: identity.token.repositories === "all" ? "all" : "selected",
      repositories: paginate(c, found).map((one) => repositoryShape(sandbox, one, identity)),
    });
  });
  routes.delete("/installation/token", (c) => {
    const { sandbox, identity } = c.var;
    if (identity.kind !== "installation") throw new GitHubError(401, "Requires authentication");
    const { installationTokens } = sandbox.state;
    for (const [text, token] of installationTokens) if (token === identity.token) installationTokens.delete(text);
    return c.body(null, 204);
  });
  return routes;
}
