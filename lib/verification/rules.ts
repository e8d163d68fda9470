/** The rules that hold for the fork's sync branch, as GitHub tells them, and a copy of them for the branch of a verification. */
import type { Octokit } from "octokit";
import type { ForkConfig } from "../config/schema.ts";
import { explain } from "../github.ts";
import { rulesetPrefix } from "./throwaway.ts";

export interface HeldRule {
  readonly type: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly ruleset: number;
}

export interface LiveRuleset {
  readonly id: number;
  readonly name: string;
  /** The organization's are its own to read and to copy. */
  readonly ofRepository: boolean;
  /** Undefined where GitHub does not tell. */
  readonly bypass: readonly Bypass[] | undefined;
}

export interface Bypass {
  readonly actor_type: string;
  readonly actor_id: number | null;
  readonly bypass_mode: string;
}

export interface LiveRules {
  readonly rules: readonly HeldRule[];
  readonly rulesets: readonly LiveRuleset[];
}

/** One request, and one for each ruleset. https://docs.github.com/rest/repos/rules#get-rules-for-a-branch */
export async function readLiveRules(octokit: Octokit, fork: ForkConfig): Promise<LiveRules> {
  const place = { owner: fork.owner, repo: fork.name };
  const { sync } = fork.branches;
  const held = await octokit
    .paginate("GET /repos/{owner}/{repo}/rules/branches/{branch}", { ...place, branch: sync, per_page: 100 })
    .catch((error) => explain(error, `read the rules of ${sync} in ${fork.repository}`));
  const rules = (held as RestRule[]).map(({ type, parameters, ruleset_id }) => ({
    ...{ type, parameters: parameters ?? {}, ruleset: ruleset_id },
  }));
  const rulesets: LiveRuleset[] = [];
  for (const id of new Set(rules.map(({ ruleset }) => ruleset))) {
    const { data } = await octokit.rest.repos
      .getRepoRuleset({ ...place, ruleset_id: id })
      .catch((error) => explain(error, `read ruleset ${id} of ${fork.repository}`));
    const bypass = data.bypass_actors as readonly Bypass[] | undefined;
    rulesets.push({ id, name: data.name, ofRepository: data.source_type === "Repository", bypass });
  }
  return { rules, rulesets };
}

interface RestRule {
  readonly type: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly ruleset_id: number;
}

export interface RulesetCopy {
  readonly name: string;
  readonly target: "branch";
  readonly enforcement: "active";
  readonly conditions: { readonly ref_name: { readonly include: readonly string[]; readonly exclude: readonly [] } };
  readonly bypass_actors: readonly Bypass[];
  readonly rules: readonly { readonly type: string; readonly parameters?: Readonly<Record<string, unknown>> }[];
}

/** The same rules and the same bypass, for one branch. Pure. */
export function copiesOf({ rules, rulesets }: LiveRules, id: string, branch: string): RulesetCopy[] {
  return rulesets
    .filter(({ ofRepository, bypass }) => ofRepository && bypass !== undefined)
    .map((ruleset) => ({
      name: `${rulesetPrefix}${id}: copy of ${ruleset.name}`,
      target: "branch",
      enforcement: "active",
      conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
      bypass_actors: ruleset.bypass ?? [],
      rules: rules
        .filter((rule) => rule.ruleset === ruleset.id)
        .map(({ type, parameters }) => (Object.keys(parameters).length === 0 ? { type } : { type, parameters })),
    }));
}

export async function makeRulesets(octokit: Octokit, fork: ForkConfig, copies: readonly RulesetCopy[]): Promise<void> {
  for (const copy of copies) {
    await octokit
      .request("POST /repos/{owner}/{repo}/rulesets", { owner: fork.owner, repo: fork.name, ...copy } as never)
      .catch((error) => explain(error, `make the ruleset "${copy.name}" in ${fork.repository}`));
  }
}
