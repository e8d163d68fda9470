/** What can be asked of GraphQL's root: nodes by id, repositories and accounts by name, and the mutations of protections and drafts. */
import { GraphQLError } from "graphql";
import type { RouteContext } from "../http.ts";
import { atLeast, canSee, fullName, role } from "../identity.ts";
import { nodeId } from "../shapes.ts";
import type { Issue, Repository } from "../state.ts";
import { actorNode, type Found, type ProtectionInput, protectionNode, withInput } from "./protection.ts";
import { contentsOf, onePage } from "./repository.ts";

/** GitHub's words and type for an id of nothing. */
function unresolved(id: string): GraphQLError {
  return new GraphQLError(`Could not resolve to a node with the global id of '${id}'`, {
    extensions: { type: "NOT_FOUND" },
  });
}

function repositories(c: RouteContext): Repository[] {
  return c.var.sandbox.state.data.repositories.filter((repository) => canSee(repository, c.var.identity));
}

function repositoryNode(c: RouteContext, repository: Repository): object {
  return {
    __typename: "Repository",
    id: nodeId("Repository", repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: fullName(repository),
    isPrivate: repository.visibility === "private",
    branchProtectionRules: () => {
      const nodes = (repository.branchProtections ?? []).map((protection) =>
        protectionNode(c, { repository, protection }),
      );
      return onePage(nodes);
    },
    ...contentsOf(c, repository),
    pullRequest: ({ number }: { number: number }) => {
      const issue = repository.issues.find((one) => one.number === number && one.pull);
      if (!issue) throw new GraphQLError(`Could not resolve to a PullRequest with the number of ${number}.`);
      return pullNode(repository, issue);
    },
  };
}

function pullNode(repository: Repository, issue: Issue): object {
  return {
    __typename: "PullRequest",
    id: nodeId("PullRequest", issue.id),
    databaseId: issue.id,
    number: issue.number,
    title: issue.title,
    isDraft: issue.pull?.draft ?? false,
    state: issue.pull?.merged_at ? "MERGED" : issue.state.toUpperCase(),
    repository: () => ({
      id: nodeId("Repository", repository.id),
      name: repository.name,
      nameWithOwner: fullName(repository),
    }),
  };
}

function findProtection(c: RouteContext, id: string): Found | undefined {
  for (const repository of repositories(c)) {
    const protection = repository.branchProtections?.find((one) => nodeId("BranchProtectionRule", one.id) === id);
    if (protection) return { repository, protection };
  }
  return undefined;
}

function findPull(c: RouteContext, id: string): { repository: Repository; issue: Issue } | undefined {
  for (const repository of repositories(c)) {
    const issue = repository.issues.find((one) => one.pull && nodeId("PullRequest", one.id) === id);
    if (issue) return { repository, issue };
  }
  return undefined;
}

function nodeOf(c: RouteContext, id: string): object {
  const repository = repositories(c).find((one) => nodeId("Repository", one.id) === id);
  if (repository) return repositoryNode(c, repository);
  const protection = findProtection(c, id);
  if (protection) return protectionNode(c, protection);
  const pull = findPull(c, id);
  if (pull) return pullNode(pull.repository, pull.issue);
  const actor = actorNode(c, id);
  if (actor) return actor;
  throw unresolved(id);
}

/** Protections are for administrators; who may see the repository is told so, as GitHub tells it. */
function administered(c: RouteContext, repository: Repository, field: string): void {
  const { identity, sandbox } = c.var;
  if (identity.kind !== "user" || !atLeast(role(repository, identity), "admin")) {
    const who = identity.kind === "user" ? identity.login : "the integration";
    throw new GraphQLError(`${who} does not have the correct permissions to execute \`${field}\``, {
      extensions: { type: "FORBIDDEN" },
    });
  }
  const free = sandbox.state.owner(repository.owner)?.plan === "free";
  if (free && repository.visibility === "private") {
    throw new GraphQLError("Upgrade to GitHub Pro or make this repository public to enable this feature.", {
      extensions: { type: "UNPROCESSABLE" },
    });
  }
}

function requirePattern(repository: Repository, pattern: string | undefined, except?: number): void {
  if (pattern === undefined) return;
  if (pattern.trim() === "")
    throw new GraphQLError("Pattern can't be blank", { extensions: { type: "UNPROCESSABLE" } });
  const taken = repository.branchProtections?.some((one) => one.pattern === pattern && one.id !== except);
  // integrations/terraform-provider-github#1699
  if (taken) throw new GraphQLError(`Name already protected: ${pattern}`, { extensions: { type: "UNPROCESSABLE" } });
}

type Input<T> = { input: T & { clientMutationId?: string } };

function mutations(c: RouteContext) {
  const { state } = c.var.sandbox;
  const known = (id: string): Found => {
    const found = findProtection(c, id);
    if (!found) throw unresolved(id);
    return found;
  };
  const draft = (id: string, value: boolean): object => {
    const found = findPull(c, id);
    if (!found) throw unresolved(id);
    if (!atLeast(role(found.repository, c.var.identity), "write") && c.var.identity.kind !== "installation") {
      throw new GraphQLError("Resource not accessible by integration", { extensions: { type: "FORBIDDEN" } });
    }
    if (found.issue.pull) found.issue.pull.draft = value;
    found.issue.updated_at = state.timestamp();
    return { pullRequest: pullNode(found.repository, found.issue), clientMutationId: null };
  };
  return {
    createBranchProtectionRule: ({ input }: Input<ProtectionInput & { repositoryId: string; pattern: string }>) => {
      const repository = repositories(c).find((one) => nodeId("Repository", one.id) === input.repositoryId);
      if (!repository) throw unresolved(input.repositoryId);
      administered(c, repository, "CreateBranchProtectionRule");
      requirePattern(repository, input.pattern);
      const protection = withInput({ id: state.id(), pattern: input.pattern }, input);
      repository.branchProtections = [...(repository.branchProtections ?? []), protection];
      return {
        branchProtectionRule: protectionNode(c, { repository, protection }),
        clientMutationId: input.clientMutationId ?? null,
      };
    },
    updateBranchProtectionRule: ({
      input,
    }: Input<ProtectionInput & { branchProtectionRuleId: string; pattern?: string }>) => {
      const { repository, protection: before } = known(input.branchProtectionRuleId);
      administered(c, repository, "UpdateBranchProtectionRule");
      requirePattern(repository, input.pattern, before.id);
      const protection = withInput(before, input);
      repository.branchProtections = (repository.branchProtections ?? []).map((one) =>
        one === before ? protection : one,
      );
      return {
        branchProtectionRule: protectionNode(c, { repository, protection }),
        clientMutationId: input.clientMutationId ?? null,
      };
    },
    deleteBranchProtectionRule: ({ input }: Input<{ branchProtectionRuleId: string }>) => {
      const { repository, protection } = known(input.branchProtectionRuleId);
      administered(c, repository, "DeleteBranchProtectionRule");
      repository.branchProtections = (repository.branchProtections ?? []).filter((one) => one !== protection);
      return { clientMutationId: input.clientMutationId ?? null };
    },
    markPullRequestReadyForReview: ({ input }: Input<{ pullRequestId: string }>) => draft(input.pullRequestId, false),
    convertPullRequestToDraft: ({ input }: Input<{ pullRequestId: string }>) => draft(input.pullRequestId, true),
  };
}

export function rootOf(c: RouteContext): object {
  const { state } = c.var.sandbox;
  const account = (login: string, kind: "User" | "Organization"): object => {
    const owner = state.owner(login);
    if (owner?.type !== kind) {
      const words = `Could not resolve to a${kind === "User" ? "" : "n"} ${kind} with the login of '${login}'.`;
      throw new GraphQLError(words, { extensions: { type: "NOT_FOUND" } });
    }
    return { id: nodeId("User", owner.id), login: owner.login, databaseId: owner.id, team: () => null };
  };
  return {
    node: ({ id }: { id: string }) => nodeOf(c, id),
    repository: ({ owner, name }: { owner: string; name: string }) => {
      const found = state.repository(owner, name);
      if (!found || !canSee(found, c.var.identity)) {
        throw new GraphQLError(`Could not resolve to a Repository with the name '${owner}/${name}'.`, {
          extensions: { type: "NOT_FOUND" },
        });
      }
      return repositoryNode(c, found);
    },
    viewer: () => account(c.var.identity.kind === "user" ? c.var.identity.login : "", "User"),
    user: ({ login }: { login: string }) => account(login, "User"),
    organization: ({ login }: { login: string }) => account(login, "Organization"),
    ...mutations(c),
  };
}
