/** Objects that stand inside many answers. Field names and which are required: GitHub's OpenAPI description. */
import type { Sandbox } from "./http.ts";
import { atLeast, fullName, type Identity, integrationMay, role } from "./identity.ts";
import type { Repository } from "./state.ts";

/** GitHub Actions' own App: its id is public and stands in check runs and refusals. */
export const actionsApp = { id: 15368, slug: "github-actions", bot: "github-actions[bot]", botId: 41898282 } as const;

/** REST addresses carry the enterprise prefix, as on every GitHub that is not github.com. */
export function apiUrl(sandbox: Sandbox): string {
  return `${sandbox.url}/api/v3`;
}

export function repositoryUrl(sandbox: Sandbox, repository: Pick<Repository, "owner" | "name">): string {
  return `${apiUrl(sandbox)}/repos/${fullName(repository)}`;
}

export function nodeId(kind: string, id: number): string {
  return Buffer.from(`${kind}:${id}`).toString("base64url");
}

export function simpleUser(sandbox: Sandbox, login: string) {
  const owner = sandbox.state.owner(login);
  const name = owner?.login ?? login;
  const app = sandbox.state.data.apps?.find(({ slug }) => login === `${slug}[bot]`);
  const id = owner?.id ?? app?.id ?? (login === actionsApp.bot ? actionsApp.botId : 0);
  const bot = /^(.+)\[bot\]$/.exec(name)?.[1];
  const url = `${apiUrl(sandbox)}/users/${encodeURIComponent(name)}`;
  return {
    login: name,
    id,
    node_id: nodeId("User", id),
    avatar_url: `${sandbox.url}/avatars/u/${id}`,
    gravatar_id: "",
    url,
    html_url: `${sandbox.url}/${bot ? `apps/${bot}` : name}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: owner?.type ?? (bot ? "Bot" : "User"),
    user_view_type: "public",
    site_admin: false,
  };
}

const repositoryPaths = {
  archive_url: "{archive_format}{/ref}",
  assignees_url: "assignees{/user}",
  blobs_url: "git/blobs{/sha}",
  branches_url: "branches{/branch}",
  collaborators_url: "collaborators{/collaborator}",
  comments_url: "comments{/number}",
  commits_url: "commits{/sha}",
  compare_url: "compare/{base}...{head}",
  contents_url: "contents/{+path}",
  contributors_url: "contributors",
  deployments_url: "deployments",
  downloads_url: "downloads",
  events_url: "events",
  forks_url: "forks",
  git_commits_url: "git/commits{/sha}",
  git_refs_url: "git/refs{/sha}",
  git_tags_url: "git/tags{/sha}",
  hooks_url: "hooks",
  issue_comment_url: "issues/comments{/number}",
  issue_events_url: "issues/events{/number}",
  issues_url: "issues{/number}",
  keys_url: "keys{/key_id}",
  labels_url: "labels{/name}",
  languages_url: "languages",
  merges_url: "merges",
  milestones_url: "milestones{/number}",
  notifications_url: "notifications{?since,all,participating}",
  pulls_url: "pulls{/number}",
  releases_url: "releases{/id}",
  stargazers_url: "stargazers",
  statuses_url: "statuses/{sha}",
  subscribers_url: "subscribers",
  subscription_url: "subscription",
  tags_url: "tags",
  teams_url: "teams",
  trees_url: "git/trees{/sha}",
} as const;

/** A repository as it is embedded in runs, statuses and pull requests ("minimal-repository"). */
export function minimalRepository(sandbox: Sandbox, repository: Repository) {
  const url = repositoryUrl(sandbox, repository);
  const links = Object.fromEntries(Object.entries(repositoryPaths).map(([key, path]) => [key, `${url}/${path}`]));
  return {
    id: repository.id,
    node_id: nodeId("Repository", repository.id),
    name: repository.name,
    full_name: fullName(repository),
    owner: simpleUser(sandbox, repository.owner),
    private: repository.visibility === "private",
    html_url: `${sandbox.url}/${fullName(repository)}`,
    description: null,
    fork: repository.parent !== null,
    url,
    ...(links as Record<keyof typeof repositoryPaths, string>),
  };
}

function permissions(repository: Repository, identity: Identity) {
  const has = role(repository, identity);
  const pushes = atLeast(has, "write") || integrationMay(identity, repository, "contents", "write");
  return {
    admin: atLeast(has, "admin"),
    maintain: atLeast(has, "maintain"),
    push: pushes,
    triage: atLeast(has, "triage"),
    pull: true,
  };
}

function rootOf(sandbox: Sandbox, repository: Repository): Repository {
  const parent = repository.parent ? byName(sandbox, repository.parent) : undefined;
  return parent ? rootOf(sandbox, parent) : repository;
}

export function byName(sandbox: Sandbox, name: string): Repository | undefined {
  const [owner = "", repository = ""] = name.split("/");
  return sandbox.state.repository(owner, repository);
}

/** A repository as lists show it ("repository"), with what this caller may do. */
export function repositoryShape(sandbox: Sandbox, repository: Repository, identity: Identity) {
  const forks = sandbox.state.data.repositories.filter((other) => other.parent === fullName(repository)).length;
  const open = repository.issues.filter((issue) => issue.state === "open").length;
  const name = fullName(repository);
  return {
    ...minimalRepository(sandbox, repository),
    git_url: `git://${new URL(sandbox.url).host}/${name}.git`,
    ssh_url: `ssh://git@${sandbox.ssh}/${name}.git`,
    clone_url: `${sandbox.url}/${name}.git`,
    svn_url: `${sandbox.url}/${name}`,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    size: 0,
    topics: [],
    default_branch: repository.defaultBranch,
    visibility: repository.visibility,
    forks,
    forks_count: forks,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    open_issues: open,
    open_issues_count: open,
    has_issues: repository.settings.has_issues,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    has_pull_requests: true,
    pull_request_creation_policy: "all" as const,
    archived: repository.archived,
    disabled: false,
    is_template: false,
    allow_forking: true,
    web_commit_signoff_required: false,
    pushed_at: repository.created_at,
    created_at: repository.created_at,
    updated_at: repository.created_at,
    permissions: permissions(repository, identity),
  };
}

/** The answer of `GET /repos/:owner/:repo`: merge settings are shown only to those who may write contents. */
export function fullRepository(sandbox: Sandbox, repository: Repository, identity: Identity) {
  const parent = repository.parent ? byName(sandbox, repository.parent) : undefined;
  const shape = repositoryShape(sandbox, repository, identity);
  const { has_issues: _shownToAll, ...merging } = repository.settings;
  const root = rootOf(sandbox, repository);
  const organization = sandbox.state.owner(repository.owner)?.type === "Organization";
  return {
    ...shape,
    ...(shape.permissions.push ? merging : {}),
    ...(organization ? { organization: simpleUser(sandbox, repository.owner) } : {}),
    ...(parent
      ? { parent: repositoryShape(sandbox, parent, identity), source: repositoryShape(sandbox, root, identity) }
      : {}),
    network_count: sandbox.state.data.repositories.filter((other) => rootOf(sandbox, other) === root).length - 1,
    subscribers_count: 0,
  };
}
