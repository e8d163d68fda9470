/** Commits, files, refs and branches as REST answers show them. Fields: GitHub's OpenAPI description. */
import { protectionOf } from "./classic-protection.ts";
import type { ChangedFile, Commit, Person, TreeEntry } from "./git-objects.ts";
import type { Sandbox } from "./http.ts";
import { actorName, fullName, type Identity } from "./identity.ts";
import { rulesetsFor } from "./rule-match.ts";
import { actionsApp, nodeId, repositoryUrl, simpleUser } from "./shapes.ts";
import type { Repository } from "./state.ts";

const noReply = "users.noreply.github.com";

/** The identity GitHub gives commits made through its API for somebody. */
export function personOf(sandbox: Sandbox, identity: Identity): Person {
  const named = identity.kind === "user" || identity.kind === "installation";
  const login = named ? actorName(identity) : actionsApp.bot;
  const { id } = simpleUser(sandbox, login);
  return { name: login, email: `${id}+${login}@${noReply}`, date: sandbox.state.timestamp() };
}

/** The committer of what GitHub makes itself: merges, and files written in the browser. */
export function webFlow(sandbox: Sandbox): Person {
  return { name: "GitHub", email: "noreply@github.com", date: sandbox.state.timestamp() };
}

/** The account of a mail address; only GitHub's own no-reply addresses name one here. */
function accountOf(sandbox: Sandbox, { email }: Person) {
  const login = /^(?:\d+\+)?([^@]+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  return login && (sandbox.state.owner(login) || login.endsWith("[bot]")) ? simpleUser(sandbox, login) : null;
}

const unsigned = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

function htmlUrl(sandbox: Sandbox, repository: Repository): string {
  return `${sandbox.url}/${fullName(repository)}`;
}

/** A path in an address: everything escaped but the slashes. */
export function escapedPath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** "commit", as lists show it. */
export function commitShape(sandbox: Sandbox, repository: Repository, commit: Commit) {
  const api = repositoryUrl(sandbox, repository);
  const html = htmlUrl(sandbox, repository);
  const url = `${api}/commits/${commit.sha}`;
  return {
    sha: commit.sha,
    node_id: nodeId(`Commit:${repository.id}:${commit.sha}`, 0),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: unsigned,
    },
    url,
    html_url: `${html}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    author: accountOf(sandbox, commit.author),
    committer: accountOf(sandbox, commit.committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
  };
}

/** "git-commit": the object itself. */
export function gitCommitShape(sandbox: Sandbox, repository: Repository, commit: Commit) {
  const api = repositoryUrl(sandbox, repository);
  const { sha, node_id, html_url } = commitShape(sandbox, repository, commit);
  return {
    sha,
    node_id,
    url: `${api}/git/commits/${sha}`,
    html_url,
    author: commit.author,
    committer: commit.committer,
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: `${api}/git/commits/${parent}`,
      html_url: `${htmlUrl(sandbox, repository)}/commit/${parent}`,
    })),
    verification: unsigned,
  };
}

/** "git-tree". */
export function treeShape(sandbox: Sandbox, repository: Repository, tree: string, entries: readonly TreeEntry[]) {
  const api = repositoryUrl(sandbox, repository);
  return {
    sha: tree,
    url: `${api}/git/trees/${tree}`,
    tree: entries.map(({ path, mode, type, sha, size }) => ({
      path,
      mode,
      type,
      sha,
      ...(size === undefined ? {} : { size }),
      ...(type === "commit" ? {} : { url: `${api}/git/${type}s/${sha}` }),
    })),
    truncated: false,
  };
}

/** "diff-entry"; the optional `patch` is left out. `at` is the commit the links show the file at. */
export function fileShape(sandbox: Sandbox, repository: Repository, file: ChangedFile, at: string) {
  const html = htmlUrl(sandbox, repository);
  const path = escapedPath(file.filename);
  return {
    sha: file.sha,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${html}/blob/${at}/${path}`,
    raw_url: `${html}/raw/${at}/${path}`,
    contents_url: `${repositoryUrl(sandbox, repository)}/contents/${path}?ref=${at}`,
    ...(file.previous ? { previous_filename: file.previous } : {}),
  };
}

export function statsOf(files: readonly ChangedFile[]) {
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return { additions, deletions, total: additions + deletions };
}

export function refShape(sandbox: Sandbox, repository: Repository, found: { ref: string; sha: string; type: string }) {
  const api = repositoryUrl(sandbox, repository);
  return {
    ref: found.ref,
    node_id: nodeId(`Ref:${repository.id}:${found.ref}`, 0),
    url: `${api}/git/${found.ref}`,
    object: { sha: found.sha, type: found.type, url: `${api}/git/${found.type}s/${found.sha}` },
  };
}

function isProtected(repository: Repository, ref: string): boolean {
  return protectionOf(repository, ref) !== undefined || rulesetsFor(repository, ref).length > 0;
}

/** "short-branch", the entry of a list. Rules count as protection, as classic protection does. */
export function shortBranch(sandbox: Sandbox, repository: Repository, name: string, sha: string) {
  const api = repositoryUrl(sandbox, repository);
  return {
    name,
    commit: { sha, url: `${api}/commits/${sha}` },
    protected: isProtected(repository, `refs/heads/${name}`),
  };
}

/** "branch-with-protection". */
export function branchShape(sandbox: Sandbox, repository: Repository, name: string, commit: Commit) {
  const url = `${repositoryUrl(sandbox, repository)}/branches/${encodeURIComponent(name)}`;
  const protection = protectionOf(repository, `refs/heads/${name}`);
  return {
    ...shortBranch(sandbox, repository, name, commit.sha),
    commit: commitShape(sandbox, repository, commit),
    _links: { self: url, html: `${htmlUrl(sandbox, repository)}/tree/${escapedPath(name)}` },
    protection: {
      enabled: protection !== undefined,
      required_status_checks: {
        enforcement_level: protection?.checks ? (protection.enforceAdmins ? "everyone" : "non_admins") : "off",
        contexts: protection?.checks?.contexts.map(({ context }) => context) ?? [],
        checks: protection?.checks?.contexts ?? [],
      },
    },
    protection_url: `${url}/protection`,
  };
}
