/** Accounts, and what GitHub says about itself. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { type Env, GitHubError, notFound, type RouteContext, type Routes, type Sandbox } from "../http.ts";
import { rateOf } from "../rate-limit.ts";
import { actionsApp, apiUrl, nodeId, simpleUser } from "../shapes.ts";
import type { Owner, State } from "../state.ts";

function publicUser(c: RouteContext, login: string) {
  const { sandbox } = c.var;
  const owned = sandbox.state.data.repositories.filter((one) => one.owner.toLowerCase() === login.toLowerCase());
  const epoch = "2020-01-01T00:00:00Z";
  return {
    ...simpleUser(sandbox, login),
    name: null,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: owned.filter((one) => one.visibility === "public").length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: epoch,
    updated_at: epoch,
  };
}

function privateUser(c: RouteContext, owner: Owner) {
  const owned = c.var.sandbox.state.data.repositories.filter((one) => one.owner === owner.login);
  const hidden = owned.filter((one) => one.visibility === "private").length;
  return {
    ...publicUser(c, owner.login),
    private_gists: 0,
    total_private_repos: hidden,
    owned_private_repos: hidden,
    disk_usage: 0,
    collaborators: 0,
    two_factor_authentication: true,
    plan: { name: owner.plan, space: 976562499, private_repos: 9999, collaborators: 0 },
  };
}

function organization(c: RouteContext, owner: Owner) {
  const { sandbox } = c.var;
  const url = `${apiUrl(sandbox)}/orgs/${owner.login}`;
  const { created_at, updated_at, public_repos, public_gists, followers, following } = publicUser(c, owner.login);
  return {
    login: owner.login,
    id: owner.id,
    node_id: nodeId("Organization", owner.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${sandbox.url}/avatars/u/${owner.id}`,
    description: null,
    has_organization_projects: false,
    has_repository_projects: false,
    public_repos,
    public_gists,
    followers,
    following,
    html_url: `${sandbox.url}/${owner.login}`,
    type: "Organization",
    created_at,
    updated_at,
    archived_at: null,
    deploy_keys_enabled_for_repositories: owner.deployKeysEnabled ?? true,
    plan: { name: owner.plan, space: 976562499, private_repos: 9999 },
  };
}

/** ssh's own way to write a key's fingerprint, without the "SHA256:" in front, as `GET /meta` shows it. */
function fingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
}

function rootLinks(sandbox: Sandbox): Record<string, string> {
  const api = apiUrl(sandbox);
  const paths: Record<string, string> = {
    current_user_url: "user",
    authorizations_url: "authorizations",
    code_search_url: "search/code?q={query}{&page,per_page,sort,order}",
    commit_search_url: "search/commits?q={query}{&page,per_page,sort,order}",
    emails_url: "user/emails",
    emojis_url: "emojis",
    events_url: "events",
    feeds_url: "feeds",
    followers_url: "user/followers",
    following_url: "user/following{/target}",
    gists_url: "gists{/gist_id}",
    issue_search_url: "search/issues?q={query}{&page,per_page,sort,order}",
    issues_url: "issues",
    keys_url: "user/keys",
    label_search_url: "search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    notifications_url: "notifications",
    organization_url: "orgs/{org}",
    organization_repositories_url: "orgs/{org}/repos{?type,page,per_page,sort}",
    organization_teams_url: "orgs/{org}/teams",
    public_gists_url: "gists/public",
    rate_limit_url: "rate_limit",
    repository_url: "repos/{owner}/{repo}",
    repository_search_url: "search/repositories?q={query}{&page,per_page,sort,order}",
    current_user_repositories_url: "user/repos{?type,page,per_page,sort}",
    starred_url: "user/starred{/owner}{/repo}",
    starred_gists_url: "gists/starred",
    user_url: "users/{user}",
    user_organizations_url: "user/orgs",
    user_repositories_url: "users/{user}/repos{?type,page,per_page,sort}",
    user_search_url: "search/users?q={query}{&page,per_page,sort,order}",
  };
  const links = Object.entries(paths).map(([key, path]) => [key, `${api}/${path}`]);
  return {
    ...Object.fromEntries(links),
    current_user_authorizations_html_url: `${sandbox.url}/settings/connections/applications{/client_id}`,
  };
}

/** `hostPublicKey`: "ssh-ed25519 AAAA…" of the ssh server beside this one. */
export function usersRoutes(hostPublicKey: (state: State) => string): Routes {
  const routes = new Hono<Env>();
  routes.get("/", (c) => c.json(rootLinks(c.var.sandbox)));
  routes.get("/meta", (c) => {
    const key = hostPublicKey(c.var.sandbox.state);
    return c.json({
      verifiable_password_authentication: false,
      ssh_key_fingerprints: { SHA256_ED25519: fingerprint(key) },
      ssh_keys: [key],
    });
  });
  routes.get("/rate_limit", (c) => {
    const { resource: _core, ...rate } = rateOf(c.var.sandbox, c.var.identity);
    return c.json({ resources: { core: rate, search: { ...rate, limit: 30, remaining: 30, used: 0 } }, rate });
  });
  routes.get("/user", (c) => {
    const { identity, sandbox } = c.var;
    if (identity.kind === "anonymous") throw new GitHubError(401, "Requires authentication");
    const owner = identity.kind === "user" ? sandbox.state.owner(identity.login) : undefined;
    if (!owner) throw new GitHubError(403, "Resource not accessible by integration");
    return c.json(privateUser(c, owner));
  });
  routes.get("/users/:login", (c) => {
    const login = c.req.param("login");
    if (login !== actionsApp.bot && !c.var.sandbox.state.owner(login)) throw notFound();
    return c.json(publicUser(c, login));
  });
  routes.get("/orgs/:login", (c) => {
    const owner = c.var.sandbox.state.owner(c.req.param("login"));
    if (owner?.type !== "Organization") throw notFound();
    return c.json(organization(c, owner));
  });
  // The sandbox has no teams: every one of them is absent, as for a caller without the right to see it.
  routes.get("/orgs/:login/teams/:slug", () => {
    throw notFound();
  });
  return routes;
}
