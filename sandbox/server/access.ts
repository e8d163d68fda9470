/** Rights that one `authorize` call cannot say. */
import { authorize, GitHubError, type RouteContext } from "./http.ts";
import { integrationMay } from "./identity.ts";
import type { Permission, Repository } from "./state.ts";

/** As `authorize`, where GitHub accepts either of several job-token permissions (labels: issues or pull-requests). */
export function authorizeAny(
  c: RouteContext,
  need: { role: Permission; jobs: readonly (readonly [string, "read" | "write"])[] },
): Repository {
  const named = c.var.sandbox.state.repository(c.req.param("owner") ?? "", c.req.param("repo") ?? "");
  const granted = named && need.jobs.find(([key, access]) => integrationMay(c.var.identity, named, key, access));
  return authorize(c, { role: need.role, job: granted ?? need.jobs[0] ?? "never" });
}

/** For writes that anybody with an account may do, such as opening an issue: `authorize` lets readers through, anonymous ones too. */
export function requireAccount(c: RouteContext): void {
  if (c.var.identity.kind === "anonymous") throw new GitHubError(401, "Requires authentication");
}

/** Rules, environments and the like are paid features on private repositories. */
export function isFreePrivate(c: RouteContext, repository: Repository): boolean {
  return repository.visibility === "private" && c.var.sandbox.state.owner(repository.owner)?.plan === "free";
}

export function requirePaidRules(c: RouteContext, repository: Repository): void {
  if (isFreePrivate(c, repository)) {
    throw new GitHubError(403, "Upgrade to GitHub Pro or make this repository public to enable this feature.");
  }
}

/** Archived repositories are read only. */
export function refuseArchived(repository: Repository): void {
  if (repository.archived) throw new GitHubError(403, "Repository was archived so is read-only.");
}
