/** Making git's own objects by REST: blobs, trees, commits. No ref moves here, so nothing is judged; `git/refs` does that. */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { refuseArchived } from "../access.ts";
import { type Body, optionalString, optionalStrings, readBody, requiredString } from "../body.ts";
import { bare, type GitRepository, git, tryGit } from "../git.ts";
import { commitTree, validPath } from "../git-commits.ts";
import { commitInfo, hasCommit, isSha, listTree, type Person, resolveCommit } from "../git-objects.ts";
import { gitCommitShape, personOf, treeShape } from "../git-shapes.ts";
import { authorize, type Env, GitHubError, type RouteContext, type Routes } from "../http.ts";
import { repositoryUrl } from "../shapes.ts";
import type { Repository } from "../state.ts";

function open(c: RouteContext): { repository: Repository; at: GitRepository } {
  const repository = authorize(c, { role: "write", job: ["contents", "write"] });
  refuseArchived(repository);
  return { repository, at: bare(c.var.sandbox.state, repository) };
}

async function writeBlob(at: GitRepository, content: string | Buffer): Promise<string> {
  return git(at, ["hash-object", "-w", "--stdin"], { input: content });
}

async function exists(at: GitRepository, sha: string, type: string): Promise<boolean> {
  return isSha(sha) && (await tryGit(at, ["cat-file", "-e", `${sha}^{${type}}`])).exitCode === 0;
}

const modes = ["100644", "100755", "040000", "160000", "120000"];

/** One line of `git update-index --index-info` for an entry of the request; removal is mode 0. */
async function indexLines(at: GitRepository, value: unknown): Promise<string[]> {
  const entry = (value ?? {}) as Body;
  const path = requiredString(entry, "path").replace(/^\/+/, "");
  const mode = optionalString(entry, "mode") ?? "100644";
  if (!validPath(path)) throw new GitHubError(422, "tree.path contains a malformed path component");
  if (!modes.includes(mode)) throw new GitHubError(422, `tree.mode must be one of ${modes.join(", ")}`);
  if (entry.sha === null) return [`0 ${"0".repeat(40)}\t${path}`];
  const content = optionalString(entry, "content");
  const sha = content === undefined ? requiredString(entry, "sha") : await writeBlob(at, content);
  if (mode === "040000") {
    if (!(await exists(at, sha, "tree"))) throw new GitHubError(422, `tree.sha ${sha} is not a valid tree`);
    const inside = await listTree(at, sha, { recursive: true });
    return inside.map((one) => `${one.mode} ${one.sha}\t${path}/${one.path}`);
  }
  if (mode !== "160000" && !(await exists(at, sha, "blob"))) {
    throw new GitHubError(422, `tree.sha ${sha} is not a valid blob`);
  }
  return [`${mode} ${sha}\t${path}`];
}

async function makeTree(at: GitRepository, base: string | undefined, entries: readonly unknown[]): Promise<string> {
  const environment = { GIT_INDEX_FILE: join(at.folder, `index-${randomBytes(8).toString("hex")}`) };
  try {
    if (base) await git(at, ["read-tree", base], { environment });
    const lines = (await Promise.all(entries.map((entry) => indexLines(at, entry)))).flat();
    await git(at, ["update-index", "-z", "--index-info"], {
      environment,
      input: lines.map((line) => `${line}\0`).join(""),
    });
    return await git(at, ["write-tree"], { environment });
  } finally {
    await rm(environment.GIT_INDEX_FILE, { force: true });
  }
}

function person(body: Body, field: "author" | "committer", otherwise: Person): Person {
  const given = body[field] as Partial<Person> | undefined;
  if (!given) return otherwise;
  const { name, email, date } = given;
  if (typeof name !== "string" || typeof email !== "string") {
    throw new GitHubError(422, `Invalid request.\n\n"name", "email" weren't supplied.`);
  }
  return { name, email, date: date ?? otherwise.date };
}

export function gitWritesRoutes(): Routes {
  const routes = new Hono<Env>();

  routes.post("/repos/:owner/:repo/git/blobs", async (c) => {
    const { repository, at } = open(c);
    const body = await readBody(c);
    const encoding = optionalString(body, "encoding") ?? "utf-8";
    const content = requiredString(body, "content");
    const sha = await writeBlob(at, encoding === "base64" ? Buffer.from(content, "base64") : content);
    return c.json({ sha, url: `${repositoryUrl(c.var.sandbox, repository)}/git/blobs/${sha}` }, 201);
  });

  routes.post("/repos/:owner/:repo/git/trees", async (c) => {
    const { repository, at } = open(c);
    const body = await readBody(c);
    const base = optionalString(body, "base_tree");
    const entries = body.tree;
    if (!Array.isArray(entries)) throw new GitHubError(422, `Invalid request.\n\n"tree" wasn't supplied.`);
    const commit = base === undefined ? undefined : await resolveCommit(at, base);
    if (base !== undefined && !commit && !(await exists(at, base, "tree"))) {
      throw new GitHubError(404, "Not Found");
    }
    const tree = await makeTree(at, commit ?? base, entries);
    return c.json(treeShape(c.var.sandbox, repository, tree, await listTree(at, tree)), 201);
  });

  routes.post("/repos/:owner/:repo/git/commits", async (c) => {
    const { repository, at } = open(c);
    const { sandbox, identity } = c.var;
    const body = await readBody(c);
    const message = requiredString(body, "message");
    const tree = requiredString(body, "tree");
    if (!(await exists(at, tree, "tree"))) throw new GitHubError(422, "Tree SHA does not exist");
    const parents = optionalStrings(body, "parents") ?? [];
    for (const parent of parents) {
      if (!(await hasCommit(at, parent)))
        throw new GitHubError(422, "Parent SHA does not exist or is not a commit object");
    }
    const author = person(body, "author", personOf(sandbox, identity));
    const committer = person(body, "committer", author);
    const made = await commitTree(at, tree, parents, { message, author, committer });
    return c.json(gitCommitShape(sandbox, repository, await commitInfo(at, made)), 201);
  });
  return routes;
}
