/** Files and folders by path: reading, writing, removing; each write is one commit. */
import { Hono } from "hono";
import { refuseArchived } from "../access.ts";
import { type Body, optionalString, readBody, requiredString } from "../body.ts";
import { bare, GitError, type GitRepository, readRef } from "../git.ts";
import { commitFile, commitRemoval, validPath } from "../git-commits.ts";
import { commitInfo, entryAt, listTree, type Person, readBlob, resolveCommit, type TreeEntry } from "../git-objects.ts";
import { escapedPath, gitCommitShape, personOf } from "../git-shapes.ts";
import { authorize, type Env, GitHubError, notFound, type RouteContext, type Routes } from "../http.ts";
import { fullName } from "../identity.ts";
import { moveRef } from "../ref-writes.ts";
import { repositoryUrl } from "../shapes.ts";
import type { Repository } from "../state.ts";

const writing = { role: "write", job: ["contents", "write"] } as const;
const documentation = "https://docs.github.com/rest/repos/contents#create-or-update-file-contents";

/** Above this size GitHub sends no content in the JSON form. */
const largestInline = 1024 * 1024;
/** A folder listing is not paged; it ends here (REST reference, "Get repository content"). */
const mostEntries = 1000;

/** The `url` carries `?ref=`: Terraform's provider reads the branch from it and stops without (provider.md §1.5). */
function entryShape(c: RouteContext, repository: Repository, entry: TreeEntry, ref: string) {
  const { sandbox } = c.var;
  const api = repositoryUrl(sandbox, repository);
  const html = `${sandbox.url}/${fullName(repository)}`;
  const path = escapedPath(entry.path);
  const url = `${api}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const kind = entry.type === "tree" ? "tree" : "blob";
  const git = entry.type === "commit" ? null : `${api}/git/${kind}s/${entry.sha}`;
  const page = entry.type === "commit" ? null : `${html}/${kind}/${escapedPath(ref)}/${path}`;
  const type = { tree: "dir", commit: "submodule", blob: entry.mode === "120000" ? "symlink" : "file" } as const;
  return {
    name: entry.path.split("/").at(-1) ?? entry.path,
    path: entry.path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: page,
    git_url: git,
    download_url: entry.type === "blob" ? `${html}/raw/${escapedPath(ref)}/${path}` : null,
    type: type[entry.type],
    _links: { self: url, git, html: page },
  };
}

/** As GitHub sends it: lines of 60 characters, each with its newline. */
function lines(base64: string): string {
  return base64.replace(/.{1,60}/g, "$&\n");
}

function reading(routes: Routes): void {
  const read = async (c: RouteContext): Promise<Response> => {
    const repository = authorize(c, { role: "read", job: ["contents", "read"] });
    const git = bare(c.var.sandbox.state, repository);
    const path = (c.req.param("path") ?? "").replace(/^\/+|\/+$/g, "");
    const ref = c.req.query("ref") || repository.defaultBranch;
    const commit = await resolveCommit(git, ref);
    if (!commit)
      throw new GitHubError(
        404,
        c.req.query("ref") ? `No commit found for the ref ${ref}` : "This repository is empty.",
      );
    const entry = path === "" ? undefined : await entryAt(git, commit, path);
    if (path !== "" && !entry) throw notFound();
    if (!entry || entry.type === "tree") {
      const entries = await listTree(git, commit, path === "" ? {} : { path: `${path}/` });
      return c.json(entries.slice(0, mostEntries).map((one) => entryShape(c, repository, one, ref)));
    }
    const shape = entryShape(c, repository, entry, ref);
    if (entry.type === "commit") return c.json(shape);
    const bytes = await readBlob(git, entry.sha);
    if (/application\/vnd\.github\.(v3\.)?raw/.test(c.req.header("accept") ?? "")) {
      return c.body(new Uint8Array(bytes), 200, { "content-type": "application/vnd.github.raw+json; charset=utf-8" });
    }
    const inline = bytes.length <= largestInline;
    const content = inline ? lines(bytes.toString("base64")) : "";
    return c.json({ ...shape, content, encoding: inline ? "base64" : "none" });
  };
  routes.get("/repos/:owner/:repo/contents", read);
  routes.get("/repos/:owner/:repo/contents/:path{.*}", read);
}

function person(body: Body, field: "author" | "committer", otherwise: Person): Person {
  const given = body[field];
  if (given === undefined || given === null) return otherwise;
  const { name, email, date } = given as Partial<Person>;
  if (typeof name !== "string" || typeof email !== "string") {
    throw new GitHubError(422, `Invalid request.\n\n"name", "email" weren't supplied.`);
  }
  return { name, email, date: date ?? otherwise.date };
}

function textOf(c: RouteContext, body: Body): { message: string; author: Person; committer: Person } {
  const author = person(body, "author", person(body, "committer", personOf(c.var.sandbox, c.var.identity)));
  return { message: requiredString(body, "message"), author, committer: person(body, "committer", author) };
}

interface Place {
  git: GitRepository;
  branch: string;
  path: string;
  /** null: the repository has no commit yet. */
  tip: string | null;
  entry: TreeEntry | undefined;
}

/** The order in which GitHub refuses (digital-twins PR#400): branch, then `sha`. */
async function placeOf(c: RouteContext, repository: Repository, body: Body): Promise<Place> {
  const git = bare(c.var.sandbox.state, repository);
  const path = c.req.param("path") ?? "";
  const branch = optionalString(body, "branch")?.replace(/^refs\/heads\//, "") || repository.defaultBranch;
  const tip = await readRef(git, `refs/heads/${branch}`);
  if (!tip && (body.branch || (await resolveCommit(git, repository.defaultBranch)))) {
    throw new GitHubError(404, `Branch ${branch} not found`, { documentation });
  }
  if (!validPath(path)) throw new GitHubError(422, "path contains a malformed path component", { documentation });
  return { git, branch, path, tip, entry: tip ? await entryAt(git, tip, path) : undefined };
}

function checkSha({ entry, path }: Place, sha: string | undefined): void {
  if (!entry) return;
  if (sha === undefined) throw new GitHubError(422, `Invalid request.\n\n"sha" wasn't supplied.`, { documentation });
  if (sha !== entry.sha) throw new GitHubError(409, `${path} does not match ${sha}`, { documentation });
}

async function land(c: RouteContext, repository: Repository, place: Place, commit: string): Promise<void> {
  const update = { ref: `refs/heads/${place.branch}`, before: place.tip, after: commit };
  if ((await moveRef(c, repository, update, "contents", { madeHere: commit })) === "raced") {
    const actual = await readRef(place.git, update.ref);
    throw new GitHubError(409, `${update.ref} is at ${actual} but expected ${place.tip}`, { documentation });
  }
}

function put(routes: Routes): void {
  routes.put("/repos/:owner/:repo/contents/:path{.+}", async (c) => {
    const repository = authorize(c, writing);
    refuseArchived(repository);
    const body = await readBody(c);
    const text = textOf(c, body);
    const content = requiredString(body, "content").replace(/\s/g, "");
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(content)) throw new GitHubError(422, "content is not valid Base64");
    const place = await placeOf(c, repository, body);
    checkSha(place, optionalString(body, "sha"));
    const { git, tip, path, entry, branch } = place;
    if (entry && entry.type !== "blob") throw new GitHubError(422, `${path} is not a file`, { documentation });
    const file = { path, content: Buffer.from(content, "base64"), mode: entry?.mode ?? "100644" };
    const { commit } = await commitFile(git, tip, file, text).catch((error: unknown): never => {
      // git refuses a file below a file; GitHub has no more to say about it than this.
      throw error instanceof GitError ? new GitHubError(422, "path contains a malformed path component") : error;
    });
    await land(c, repository, place, commit);
    const written = await entryAt(git, commit, path);
    return c.json(
      {
        content: written ? entryShape(c, repository, written, branch) : null,
        commit: gitCommitShape(c.var.sandbox, repository, await commitInfo(git, commit)),
      },
      entry ? 200 : 201,
    );
  });
}

function remove(routes: Routes): void {
  routes.delete("/repos/:owner/:repo/contents/:path{.+}", async (c) => {
    const repository = authorize(c, writing);
    refuseArchived(repository);
    const body = { ...c.req.query(), ...(await readBody(c)) };
    const text = textOf(c, body);
    const sha = requiredString(body, "sha");
    const place = await placeOf(c, repository, body);
    const { git, tip, path, entry } = place;
    if (!entry || entry.type === "tree" || !tip) throw notFound();
    checkSha(place, sha);
    const commit = await commitRemoval(git, tip, path, text);
    await land(c, repository, place, commit);
    return c.json({ content: null, commit: gitCommitShape(c.var.sandbox, repository, await commitInfo(git, commit)) });
  });
}

export function contentsRoutes(): Routes {
  const routes = new Hono<Env>();
  reading(routes);
  put(routes);
  remove(routes);
  return routes;
}
