/** Labels of a repository, and labels on issues and pull requests. Names are kept as written and compared without case. */
import { Hono } from "hono";
import { authorizeAny } from "../access.ts";
import { type Body, optionalString, optionalStrings, readBody, requiredString } from "../body.ts";
import { type Env, GitHubError, notFound, type RouteContext, type Routes, validationFailed } from "../http.ts";
import { paginate } from "../paging.ts";
import { nodeId, repositoryUrl } from "../shapes.ts";
import type { Issue, Label, Repository, State } from "../state.ts";

const grey = "ededed";
const maxName = 50;
const maxDescription = 100;

/** What GitHub puts into every new repository. */
export const defaultLabels = [
  ["bug", "d73a4a", "Something isn't working"],
  ["documentation", "0075ca", "Improvements or additions to documentation"],
  ["duplicate", "cfd3d7", "This issue or pull request already exists"],
  ["enhancement", "a2eeef", "New feature or request"],
  ["good first issue", "7057ff", "Good for newcomers"],
  ["help wanted", "008672", "Extra attention is needed"],
  ["invalid", "e4e669", "This doesn't seem right"],
  ["question", "d876e3", "Further information is requested"],
  ["wontfix", "ffffff", "This will not be worked on"],
] as const;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export function labelShape(c: RouteContext, repository: Repository, label: Label) {
  return {
    id: label.id,
    node_id: nodeId("Label", label.id),
    url: `${repositoryUrl(c.var.sandbox, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: defaultLabels.some(([name]) => name === label.name),
    description: label.description,
  };
}

/** The label of that name, made grey when it is missing: what GitHub does when an unknown name is put on an issue. */
export function ensureLabel(state: State, repository: Repository, name: string): Label {
  const found = repository.labels.find((label) => same(label.name, name));
  if (found) return found;
  const label = { id: state.id(), name, color: grey, description: null };
  repository.labels.push(label);
  return label;
}

function find(repository: Repository, name: string): Label {
  const label = repository.labels.find((one) => same(one.name, name));
  if (!label) throw notFound();
  return label;
}

function checkedName(name: string): string {
  if (name.trim() === "") throw validationFailed("Label", "name", "missing_field");
  if (name.length > maxName)
    throw validationFailed("Label", "name", "custom", `name is too long (maximum is ${maxName} characters)`);
  return name;
}

function colorOf(body: Body): string | undefined {
  const color = optionalString(body, "color");
  if (color !== undefined && !/^[0-9a-f]{6}$/i.test(color)) throw validationFailed("Label", "color", "invalid");
  return color;
}

function descriptionOf(body: Body): string | null | undefined {
  if (body.description === null) return null;
  const text = optionalString(body, "description");
  if (text !== undefined && text.length > maxDescription) {
    throw validationFailed(
      "Label",
      "description",
      "custom",
      `description is too long (maximum is ${maxDescription} characters)`,
    );
  }
  return text;
}

const write = {
  role: "write",
  jobs: [
    ["issues", "write"],
    ["pull-requests", "write"],
  ],
} as const;
const read = {
  role: "read",
  jobs: [
    ["issues", "read"],
    ["pull-requests", "read"],
  ],
} as const;
const triage = { role: "triage", jobs: write.jobs } as const;

function issueOf(c: RouteContext, repository: Repository): Issue {
  const issue = repository.issues.find((one) => one.number === Number(c.req.param("number")));
  if (!issue) throw notFound();
  return issue;
}

function labelsOn(c: RouteContext, repository: Repository, issue: Issue) {
  return issue.labels.map((name) => labelShape(c, repository, find(repository, name)));
}

/** `{"labels": [...]}` or a bare list, of names or of objects with a name: GitHub takes all of them. */
async function namesGiven(c: RouteContext): Promise<string[]> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = text.trim() === "" ? [] : JSON.parse(text);
  } catch {
    throw new GitHubError(400, "Problems parsing JSON");
  }
  const list = Array.isArray(value) ? value : ((value as Body | null)?.labels ?? []);
  const named = Array.isArray(list)
    ? list.map((item) => (typeof item === "object" ? (item as Body | null)?.name : item))
    : [];
  return optionalStrings({ labels: named }, "labels") ?? [];
}

export function labelsRoutes(): Routes {
  const routes = new Hono<Env>();
  const one = "/repos/:owner/:repo/labels/:name{.+}";
  const onIssue = "/repos/:owner/:repo/issues/:number/labels";

  routes.get("/repos/:owner/:repo/labels", (c) => {
    const repository = authorizeAny(c, read);
    return c.json(paginate(c, repository.labels).map((label) => labelShape(c, repository, label)));
  });
  routes.post("/repos/:owner/:repo/labels", async (c) => {
    const repository = authorizeAny(c, write);
    const body = await readBody(c);
    const name = checkedName(requiredString(body, "name"));
    if (repository.labels.some((label) => same(label.name, name)))
      throw validationFailed("Label", "name", "already_exists");
    const label: Label = {
      id: c.var.sandbox.state.id(),
      name,
      color: colorOf(body) ?? grey,
      description: descriptionOf(body) ?? null,
    };
    repository.labels.push(label);
    return c.json(labelShape(c, repository, label), 201);
  });
  routes.get(one, (c) => {
    const repository = authorizeAny(c, read);
    return c.json(labelShape(c, repository, find(repository, c.req.param("name"))));
  });
  routes.patch(one, async (c) => {
    const repository = authorizeAny(c, write);
    const label = find(repository, c.req.param("name"));
    const body = await readBody(c);
    const name = checkedName(optionalString(body, "new_name") ?? optionalString(body, "name") ?? label.name);
    if (repository.labels.some((other) => other !== label && same(other.name, name))) {
      throw validationFailed("Label", "name", "already_exists");
    }
    const color = colorOf(body) ?? label.color;
    const description = descriptionOf(body);
    for (const issue of repository.issues) {
      issue.labels = issue.labels.map((on) => (same(on, label.name) ? name : on));
    }
    Object.assign(label, { name, color, ...(description === undefined ? {} : { description }) });
    return c.json(labelShape(c, repository, label));
  });
  routes.delete(one, (c) => {
    const repository = authorizeAny(c, write);
    const label = find(repository, c.req.param("name"));
    repository.labels = repository.labels.filter((other) => other !== label);
    for (const issue of repository.issues) issue.labels = issue.labels.filter((on) => !same(on, label.name));
    return c.body(null, 204);
  });

  routes.get(onIssue, (c) => {
    const repository = authorizeAny(c, read);
    return c.json(paginate(c, labelsOn(c, repository, issueOf(c, repository))));
  });
  routes.on(["POST", "PUT"], onIssue, async (c) => {
    const repository = authorizeAny(c, triage);
    const issue = issueOf(c, repository);
    const names = await namesGiven(c);
    if (names.some((name) => name.trim() === "")) throw validationFailed("Label", "name", "missing_field");
    const given = names.map((name) => ensureLabel(c.var.sandbox.state, repository, name).name);
    issue.labels = [...new Set([...(c.req.method === "POST" ? issue.labels : []), ...given])];
    issue.updated_at = c.var.sandbox.state.timestamp();
    return c.json(labelsOn(c, repository, issue));
  });
  routes.delete(onIssue, (c) => {
    const repository = authorizeAny(c, triage);
    issueOf(c, repository).labels = [];
    return c.body(null, 204);
  });
  routes.delete(`${onIssue}/:name{.+}`, (c) => {
    const repository = authorizeAny(c, triage);
    const issue = issueOf(c, repository);
    const name = c.req.param("name");
    if (!issue.labels.some((on) => same(on, name))) throw new GitHubError(404, "Label does not exist");
    issue.labels = issue.labels.filter((on) => !same(on, name));
    return c.json(labelsOn(c, repository, issue));
  });
  return routes;
}
