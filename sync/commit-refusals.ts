/** Which rules keep a commit by this token out of a branch. */
import { type Fork, orMissing, repo } from "./fork-refs.ts";
import type { GitHub } from "./github.ts";

export interface BranchRule {
  readonly type: string;
  readonly ruleset_id: number;
  /** Who made the ruleset, for example "acme/open-webui" or "acme". */
  readonly ruleset_source: string;
}

export interface Ruleset {
  readonly name: string;
  readonly current_user_can_bypass?: string;
}

/** https://docs.github.com/rest/branches/branch-protection#get-branch-protection */
export interface Protection {
  readonly enforce_admins?: { readonly enabled: boolean };
  readonly required_pull_request_reviews?: unknown;
  readonly required_status_checks?: unknown;
  readonly lock_branch?: { readonly enabled: boolean };
  readonly required_signatures?: { readonly enabled: boolean };
}

/**
 * One item of words for each rule; the same as `lib/constructs/branch-facts.ts` says when files are brought.
 *
 * @param refusing types of rules that no commit by the API satisfies.
 */
export function commitRefusals(
  rules: readonly BranchRule[],
  rulesets: ReadonlyMap<number, Ruleset>,
  protection: Protection | undefined,
  refusing: readonly string[],
): string[] {
  const passes = (id: number) => ["always", "exempt"].includes(rulesets.get(id)?.current_user_can_bypass ?? "never");
  const words = rules
    .filter(({ type, ruleset_id }) => refusing.includes(type) && !passes(ruleset_id))
    .map((rule) => {
      const name = rulesets.get(rule.ruleset_id)?.name ?? rule.ruleset_id;
      return `rule ${rule.type} of ruleset "${name}" (${rule.ruleset_source})`;
    });
  return [...new Set(words), ...classicRefusals(protection)];
}

/** An administrator is bound by classic protection only when it says so. */
function classicRefusals(protection: Protection | undefined): string[] {
  if (!protection?.enforce_admins?.enabled) return [];
  return [
    ...(protection.required_pull_request_reviews ? ["required pull request reviews"] : []),
    ...(protection.required_status_checks ? ["required status checks"] : []),
    ...(protection.lock_branch?.enabled ? ["locked branch"] : []),
    ...(protection.required_signatures?.enabled ? ["required signatures"] : []),
  ].map((rule) => `${rule} of the classic protection`);
}

/** Two look-ups, and one for each ruleset that matters. */
export async function readCommitRefusals(
  fork: Fork,
  github: GitHub,
  branch: string,
  refusing: readonly string[],
): Promise<string[]> {
  // A private repository of a free account answers 403: it has no rules. Without classic protection the answer is 404.
  const none = [403, 404];
  const found = await orMissing(
    github.list(`${repo(fork)}/rules/branches/${encodeURIComponent(branch)}?per_page=100`),
    none,
  );
  const rules = ((found ?? []) as BranchRule[]).filter(({ type }) => refusing.includes(type));
  const rulesets = new Map<number, Ruleset>();
  for (const id of new Set(rules.map(({ ruleset_id }) => ruleset_id))) {
    const ruleset = (await orMissing(github.get(`${repo(fork)}/rulesets/${id}`))) as Ruleset | undefined;
    if (ruleset) rulesets.set(id, ruleset);
  }
  const protection = await orMissing(
    github.get(`${repo(fork)}/branches/${encodeURIComponent(branch)}/protection`),
    none,
  );
  return commitRefusals(rules, rulesets, protection as Protection | undefined, refusing);
}
