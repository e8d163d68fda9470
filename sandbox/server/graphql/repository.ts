/** A repository in GraphQL's vocabulary: its refs and files, its rulesets, who works on it. Each field is worked out when it is asked for. */
import { GraphQLError } from "graphql";
import { protectionOf } from "../classic-protection.ts";
import { bare, listBranches, readRef } from "../git.ts";
import { commitInfo, entryAt, listTree, readBlob, resolveCommit, type TreeEntry } from "../git-objects.ts";
import type { RouteContext } from "../http.ts";
import { atLeast, fullName, role } from "../identity.ts";
import { nodeId } from "../shapes.ts";
import type { BypassActor, Permission, Repository, Ruleset } from "../state.ts";
import { protectionNode } from "./protection.ts";

/** A connection with everything on its one page. */
export function onePage<Node>(nodes: readonly Node[]) {
  return {
    nodes,
    totalCount: nodes.length,
    pageInfo: { hasNextPage: false, hasPreviousPage: false, endCursor: null, startCursor: null },
  };
}

const heads = "refs/heads/";

function refNode(c: RouteContext, repository: Repository, branch: string, oid: string): object {
  return {
    __typename: "Ref",
    id: Buffer.from(`Ref:${repository.id}:${branch}`).toString("base64url"),
    name: branch,
    prefix: heads,
    target: { __typename: "Commit", oid },
    branchProtectionRule: () => {
      const protection = protectionOf(repository, `${heads}${branch}`);
      return protection ? protectionNode(c, { repository, protection }) : null;
    },
  };
}

/** A branch by "refs/heads/main"; tags are not asked for. */
async function refNamed(c: RouteContext, repository: Repository, name: string): Promise<object | null> {
  if (!name.startsWith(heads)) throw new GraphQLError("sandbox: only refs below refs/heads/ are modelled");
  const oid = await readRef(bare(c.var.sandbox.state, repository), name);
  return oid === null ? null : refNode(c, repository, name.slice(heads.length), oid);
}

async function branches(c: RouteContext, repository: Repository, prefix: string) {
  if (prefix !== heads) throw new GraphQLError("sandbox: only refs below refs/heads/ are modelled");
  const found = [...(await listBranches(bare(c.var.sandbox.state, repository)))];
  return onePage(found.map(([name, oid]) => refNode(c, repository, name, oid)));
}

async function gitObject(c: RouteContext, repository: Repository, entry: Pick<TreeEntry, "type" | "sha">) {
  const at = bare(c.var.sandbox.state, repository);
  if (entry.type === "tree") {
    return {
      __typename: "Tree",
      oid: entry.sha,
      entries: async () =>
        (await listTree(at, entry.sha)).map((one) => ({
          name: one.path,
          type: one.type,
          oid: one.sha,
          mode: Number.parseInt(one.mode, 8),
          object: () => gitObject(c, repository, one),
        })),
    };
  }
  if (entry.type === "commit") return null;
  const content = await readBlob(at, entry.sha);
  const isBinary = content.includes(0);
  return {
    __typename: "Blob",
    oid: entry.sha,
    byteSize: content.length,
    isBinary,
    isTruncated: false,
    text: isBinary ? null : content.toString("utf8"),
  };
}

/** "<branch, tag, commit or HEAD>:<path>"; an empty path is the top of the tree. */
async function objectAt(c: RouteContext, repository: Repository, expression: string): Promise<object | null> {
  const at = bare(c.var.sandbox.state, repository);
  const colon = expression.indexOf(":");
  if (colon < 0) throw new GraphQLError("sandbox: only expressions with a path are modelled");
  const commit = await resolveCommit(at, expression.slice(0, colon));
  if (!commit) return null;
  const path = expression.slice(colon + 1).replace(/\/$/, "");
  if (path === "") return await gitObject(c, repository, { type: "tree", sha: (await commitInfo(at, commit)).tree });
  const entry = await entryAt(at, commit, path);
  return entry ? await gitObject(c, repository, entry) : null;
}

/** GraphQL's list of actors has no people: who is on it by name only is shown as nobody. */
function bypassNode(c: RouteContext, ruleset: Ruleset, actor: BypassActor, index: number): object {
  const app = c.var.sandbox.state.data.apps?.find(
    ({ id }) => actor.actor_type === "Integration" && id === actor.actor_id,
  );
  const isRole = actor.actor_type === "RepositoryRole";
  return {
    __typename: "RepositoryRulesetBypassActor",
    id: nodeId(`RepositoryRulesetBypassActor${index}`, ruleset.id),
    actor: app ? { __typename: "App", id: nodeId("Integration", app.id), databaseId: app.id, slug: app.slug } : null,
    bypassMode: actor.bypass_mode === "pull_request" ? "PULL_REQUEST" : "ALWAYS",
    deployKey: actor.actor_type === "DeployKey",
    enterpriseOwner: false,
    organizationAdmin: actor.actor_type === "OrganizationAdmin",
    repositoryRoleDatabaseId: isRole ? actor.actor_id : null,
    repositoryRoleName: isRole ? ({ 2: "maintain", 4: "write", 5: "admin" }[actor.actor_id ?? 0] ?? null) : null,
  };
}

function rulesetNode(c: RouteContext, repository: Repository, ruleset: Ruleset): object {
  const { identity } = c.var;
  return {
    __typename: "RepositoryRuleset",
    id: nodeId("RepositoryRuleset", ruleset.id),
    databaseId: ruleset.id,
    name: ruleset.name,
    enforcement: ruleset.enforcement.toUpperCase(),
    target: ruleset.target.toUpperCase(),
    source: { __typename: "Repository", nameWithOwner: fullName(repository) },
    conditions: { refName: ruleset.conditions.ref_name },
    // Only who may write the ruleset sees who may bypass it.
    bypassActors: () =>
      atLeast(role(repository, identity), "admin")
        ? onePage(ruleset.bypass_actors.map((actor, index) => bypassNode(c, ruleset, actor, index)))
        : null,
  };
}

function people(c: RouteContext, repository: Repository): [login: string, permission: Permission][] {
  const owner = c.var.sandbox.state.owner(repository.owner);
  const others = Object.entries(repository.collaborators).filter(([login]) => login !== owner?.login);
  return owner?.type === "User" ? [[owner.login, "admin"], ...others] : others;
}

function collaborators(c: RouteContext, repository: Repository): object {
  if (!atLeast(role(repository, c.var.identity), "write")) {
    throw new GraphQLError("Must have push access to view repository collaborators.", {
      extensions: { type: "FORBIDDEN" },
    });
  }
  const edges = people(c, repository).map(([login, permission]) => ({
    permission: permission.toUpperCase(),
    node: { __typename: "User", login },
  }));
  return { ...onePage(edges.map(({ node }) => node)), edges };
}

export function contentsOf(c: RouteContext, repository: Repository): object {
  return {
    isFork: repository.parent !== null,
    ref: ({ qualifiedName }: { qualifiedName: string }) => refNamed(c, repository, qualifiedName),
    refs: ({ refPrefix }: { refPrefix: string }) => branches(c, repository, refPrefix),
    object: ({ expression }: { expression: string }) => objectAt(c, repository, expression),
    rulesets: () => onePage(repository.rulesets.map((ruleset) => rulesetNode(c, repository, ruleset))),
    collaborators: () => collaborators(c, repository),
  };
}
