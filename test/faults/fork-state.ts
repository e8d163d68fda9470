/** All of a fork that somebody could miss, as text that does not depend on when it was made or on which ids it got. */
import { git } from "../../demo/git.ts";
import type { World } from "../../demo/world.ts";

/** Thing -> how it stands. */
export type ForkState = Readonly<Record<string, string>>;

// biome-ignore lint/suspicious/noExplicitAny: GitHub's answers, read field by field.
type Json = any;

export async function forkState(world: World): Promise<ForkState> {
  const read = async (path: string): Promise<Json> => {
    const { status, data } = await world.rest("administrator", "GET", `${world.forkPath}${path}`);
    if (status >= 400) throw new Error(`GET ${path}: ${status}`);
    return data;
  };
  const each = async (list: Json[], thing: (one: Json) => string, shape: (one: Json) => Promise<Json> | Json) =>
    Object.fromEntries(await Promise.all(list.map(async (one) => [thing(one), text(await shape(one))])));

  const { name: _name, ...settings } = pick(await read(""), settingNames);
  const { environments } = await read("/environments");
  const environmentPath = (name: string) => `/environments/${encodeURIComponent(name)}`;
  const issues: Json[] = await read("/issues?state=all&per_page=100");
  const named = namesOf(issues);
  const name = (number: number) => named.get(number) ?? `#${number}`;
  const found = {
    ...(await refsOf(world)),
    ...(await each(await read("/labels?per_page=100"), ({ name }) => `label ${name}`, shapes.label)),
    ...(await each(
      await read("/rulesets"),
      ({ name }) => `ruleset ${name}`,
      async ({ id }) => shapes.ruleset(await read(`/rulesets/${id}`)),
    )),
    ...(await each(await read("/keys"), ({ title }) => `deploy key ${title}`, shapes.key)),
    ...(await each(
      environments,
      ({ name }) => `environment ${name}`,
      async (one) => ({
        policy: one.deployment_branch_policy,
        branches: one.deployment_branch_policy?.custom_branch_policies
          ? names((await read(`${environmentPath(one.name)}/deployment-branch-policies`)).branch_policies)
          : [],
        secrets: names((await read(`${environmentPath(one.name)}/secrets`)).secrets),
      }),
    )),
    ...(await each(
      (
        await read("/actions/workflows")
      ).workflows,
      ({ path }) => `workflow ${path}`,
      ({ state }) => state,
    )),
    ...(await each(issues, ({ number }) => `issue or pull ${name(number)}`, shapes.issue)),
    ...(await each(await read("/pulls?state=all&per_page=100"), ({ number }) => `pull ${name(number)}`, shapes.pull)),
    "actions permissions": text(await read("/actions/permissions")),
    "workflow permissions": text(await read("/actions/permissions/workflow")),
    settings: text(settings),
  };
  return withoutNumbers(withoutPlaceholders(found, await world.refs()), named);
}

/**
 * Two pull requests that are opened side by side get their numbers in either order, so each issue and pull request goes by its title
 * and how many of that title came before: a second one is a difference.
 */
export function namesOf(issues: readonly { readonly number: number; readonly title: string }[]): Map<number, string> {
  const counts = new Map<string, number>();
  const inOrder = [...issues].sort((one, other) => one.number - other.number);
  return new Map(
    inOrder.map(({ number, title }) => {
      const count = (counts.get(title) ?? 0) + 1;
      counts.set(title, count);
      return [number, `"${title}" #${count}`];
    }),
  );
}

function withoutNumbers(state: ForkState, named: ReadonlyMap<number, string>): ForkState {
  const told = (value: string) =>
    value.replaceAll(/(#|\/(?:issues|pull)\/)(\d+)\b/g, (all, before, digits) => {
      const name = named.get(Number(digits));
      return name === undefined ? all : `${before}<${name}>`;
    });
  return Object.fromEntries(Object.entries(state).map(([thing, value]) => [thing, told(value)]));
}

/** The commit that waits at the tip of a conflict branch for people carries the number of the run that made it. */
function withoutPlaceholders(state: ForkState, refs: Readonly<Record<string, string>>): ForkState {
  const tips = Object.entries(refs).filter(([ref]) => /^refs\/heads\/.*-conflict-\d+$/.test(ref));
  const told = (value: string) => tips.reduce((words, [ref, sha]) => words.replaceAll(sha, `<tip of ${ref}>`), value);
  return Object.fromEntries(Object.entries(state).map(([thing, value]) => [thing, told(value)]));
}

const settingNames = [
  ...["has_issues", "allow_merge_commit", "allow_squash_merge", "allow_rebase_merge"],
  ...["delete_branch_on_merge", "default_branch", "visibility", "name"],
];

const shapes = {
  label: (one: Json) => pick(one, ["name", "color", "description"]),
  ruleset: (one: Json) => pick(one, ["target", "enforcement", "conditions", "rules", "bypass_actors"]),
  key: (one: Json) => pick(one, ["key", "read_only"]),
  issue: (one: Json) => ({
    ...pick(one, ["title", "state"]),
    body: withoutSteps(one.body ?? ""),
    labels: names(one.labels),
    assignees: one.assignees?.map(({ login }: Json) => login),
  }),
  pull: (one: Json) => ({
    ...pick(one, ["state", "draft"]),
    merged: one.merged_at !== null,
    head: one.head.ref,
    base: one.base.ref,
    reviewers: one.requested_reviewers.map(({ login }: Json) => login).sort(),
  }),
};

/** Killed between promotion and pull request, the next run knows the tests' result from the commit's status, without their steps. */
export function withoutSteps(body: string): string {
  const log = String.raw`\[log\]\([^)]*\)`;
  const steps = new RegExp(`Passed on (\`[0-9a-f]{40}\`): ${log}\\n\\n(?:- .*\\n)+`);
  const status = new RegExp(`Status of (\`[0-9a-f]{40}\`): \`success\` \\(${log}\\)\\n`);
  return [steps, status].reduce((text, told) => text.replace(told, (_, sha) => `Passed on ${sha}\n`), body);
}

function pick(one: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.map((key) => [key, one[key]]));
}

function names(list: Json[]): string[] {
  return list.map(({ name }) => name).sort();
}

/** Numbers of runs and times of this minute differ from one time to the next, and mean nothing. */
function text(value: Json): string {
  return JSON.stringify(value)
    .replaceAll(/\/actions\/runs\/\d+/g, "/actions/runs/<run>")
    .replaceAll(/\b\d+ s\b/g, "<seconds>");
}

/**
 * A branch is its tree and the messages of its commits: the commits made by a deploy carry the time. The refs of the sync
 * program are commits, folded from the same commits to the same ids. `refs/pull/*` are GitHub's own.
 */
async function refsOf(world: World): Promise<ForkState> {
  const folder = world.setting.fork.git;
  const token = world.people.administrator;
  await git(folder, ["fetch", "--quiet", "--prune", world.github.gitUrl(world.fork), "+refs/*:refs/lab/*"], { token });
  const listed = await git(folder, [
    "for-each-ref",
    "--format=%(refname:lstrip=2) %(objectname)",
    "refs/lab/heads",
    "refs/lab/tags",
    "refs/lab/upstream-sync",
  ]);
  const refs = listed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ") as [string, string]);
  return Object.fromEntries(
    await Promise.all(
      refs.map(async ([ref, sha]) => {
        const note = /^(upstream-sync\/[^/]+\/(?:behind|closings))\/(.+)$/.exec(ref);
        // Notes of the program's own, which say in their names what they are about: each run may give them another.
        if (note) return [note[1] as string, ref.includes("/behind/") ? `${note[2]} ${sha}` : sha];
        // The day is in the name of a backup.
        const name = ref.replace(/-backup-\d{8}/, "-backup-<day>");
        if (!ref.startsWith("heads/")) return [name, sha];
        const { stdout } = await git(folder, ["log", "--format=%s", sha]);
        const tree = await git(folder, ["rev-parse", `${sha}^{tree}`]);
        return [name, `${tree.stdout} ${stdout.split("\n").join(" | ")}`];
      }),
    ),
  );
}

export interface Difference {
  readonly thing: string;
  readonly expected: string | undefined;
  readonly got: string | undefined;
}

/** Where two texts part, with a little around it: whole bodies of issues would bury the point. */
export function parted({ thing, expected = "nothing", got = "nothing" }: Difference): string {
  const at = Math.max(0, [...expected].findIndex((character, index) => character !== got[index]) - 60);
  return `${thing}: expected …${expected.slice(at, at + 200)}…, got …${got.slice(at, at + 200)}…`;
}

export function differences(expected: ForkState, got: ForkState): Difference[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(got)])]
    .filter((thing) => expected[thing] !== got[thing])
    .map((thing) => ({ thing, expected: expected[thing], got: got[thing] }));
}
