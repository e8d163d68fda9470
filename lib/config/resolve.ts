/** Text or object -> a config with every default filled in, or every problem at once. Pure. */
import type { z } from "zod";
import { issuesOf } from "./issues.ts";
import { isMapping, type Mapping, mergeDefaults } from "./merge.ts";
import { repositoryName } from "./names.ts";
import { notYetComplaints, reservedKeys } from "./not-yet.ts";
import { type Complaint, didYouMean, type Path, type Problem, pathText, show } from "./problems.ts";
import { crossCheck, type ValidParts } from "./rules.ts";
import { type Config, configSchema, type ForkConfig, forkShape, type StateConfig } from "./schema.ts";
import { type Locate, parseSource } from "./source-text.ts";
import { secretComplaint } from "./state.ts";

export type Resolution =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface Found extends Complaint {
  readonly path: Path;
  readonly at: "key" | "value";
  readonly got: unknown;
}

interface Checked<Value> {
  readonly value: Value | undefined;
  readonly found: readonly Found[];
}

/** @param input the text of an upstream-sync.yaml, or the same as an object (its problems carry no line). */
export function resolveConfig(input: string | object): Resolution {
  const source =
    typeof input === "string" ? parseSource(input) : { ok: true as const, value: input, locate: () => undefined };
  if (!source.ok) return source;
  const { value: config, found } = checkFile(source.value);
  return config && found.length === 0 ? { ok: true, config } : { ok: false, problems: report(found, source.locate) };
}

function checkFile(file: unknown): Checked<Config> {
  if (!isMapping(file)) return { value: undefined, found: [mappingExpected([], file)] };
  const { version, state } = configSchema.shape;
  const checkedVersion = checkValue(version, file.version, ["version"]);
  const checkedState = checkValue(state, file.state, ["state"]);
  const defaults = file.defaults ?? {};
  const forks = checkForks(file.forks, isMapping(defaults) ? defaults : {});
  const found = [
    ...unknownKeys(file, Object.keys(configSchema.shape), []),
    ...checkedVersion.found,
    ...checkedState.found,
    ...secrets(file.state),
    ...sharedState(checkedState.value, forks.value ?? []),
    ...(isMapping(defaults)
      ? unknownKeys(defaults, Object.keys(forkShape), ["defaults"])
      : [mappingExpected(["defaults"], defaults)]),
    ...forks.found,
  ];
  return { value: { version: 1, state: checkedState.value as StateConfig, forks: forks.value ?? [] }, found };
}

function checkForks(forks: unknown, defaults: Mapping): Checked<ForkConfig[]> {
  if (!isMapping(forks) || Object.keys(forks).length === 0) {
    const found = {
      ...mappingExpected(["forks"], forks),
      expected: "at least one fork",
      fix: "write owner/name of the fork as a key, and upstream: owner/name below it",
    };
    return { value: undefined, found: [found] };
  }
  const checked = Object.entries(forks).map(([repository, own]) => checkFork(repository, own, defaults));
  return {
    value: checked.flatMap((fork) => (fork.value ? [fork.value] : [])),
    found: [...sharedFolders(Object.keys(forks)), ...checked.flatMap((fork) => fork.found)],
  };
}

function checkFork(repository: string, written: unknown, defaults: Mapping): Checked<ForkConfig> {
  const base: Path = ["forks", repository];
  const badName = repositoryName(repository);
  const nameFound: Found[] = badName ? [{ ...badName, path: base, at: "key", got: repository }] : [];
  const own = written ?? {};
  if (!isMapping(own)) return { value: undefined, found: [...nameFound, mappingExpected(base, own)] };

  const merged = mergeDefaults(defaults, own);
  // A mistake in what a fork inherits is shown where it was written.
  const writtenAt = (path: Path): Path =>
    !has(own, path) && has(defaults, path) ? ["defaults", ...path] : [...base, ...path];
  const parts: Record<string, unknown> = {};
  const found: Found[] = [...nameFound, ...unknownKeys(own, Object.keys(forkShape), base)];
  for (const [key, schema] of Object.entries(forkShape)) {
    const checked =
      key === "upstream" && merged[key] === undefined ? upstreamMissing : checkValue(schema, merged[key], [key]);
    if (checked.found.length === 0) parts[key] = checked.value;
    found.push(...checked.found.map((one) => ({ ...one, path: writtenAt(one.path) })));
  }
  for (const { path, got, complaint } of notYetComplaints(merged)) {
    found.push({
      ...complaint,
      path: writtenAt(path),
      at: reservedKeys.includes(path[0] ?? "") ? "key" : "value",
      got,
    });
  }
  for (const finding of crossCheck(repository, parts as ValidParts)) {
    found.push({ ...finding, path: writtenAt(finding.path), at: "value" });
  }
  const [owner = "", name = ""] = repository.split("/");
  return { value: { repository, owner, name, ...parts } as ForkConfig, found };
}

const upstreamMissing: Checked<never> = {
  value: undefined,
  found: [
    {
      path: ["upstream"],
      at: "value",
      got: undefined,
      expected: "the project this fork follows",
      fix: "write upstream: owner/name, for example open-webui/open-webui",
    },
  ],
};

function checkValue<Schema extends z.ZodType>(schema: Schema, value: unknown, path: Path): Checked<z.output<Schema>> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { value: result.data, found: [] };
  const found = issuesOf(result.error.issues, schema).map((issue) => ({
    ...issue,
    path: [...path, ...issue.path],
    got: issue.at === "key" ? issue.path.at(-1) : valueAt(value, issue.path),
  }));
  return { value: undefined, found };
}

function unknownKeys(mapping: Mapping, known: readonly string[], base: Path): Found[] {
  const reserved = base.length > 0 ? reservedKeys : [];
  return Object.keys(mapping)
    .filter((key) => !known.includes(key) && !reserved.includes(key))
    .map((key) => {
      const near = didYouMean(key, known);
      return {
        path: [...base, key],
        at: "key",
        got: key,
        expected: `one of ${known.join(", ")}`,
        fix: near === undefined ? "remove it" : `did you mean ${near}?`,
      };
    });
}

function secrets(state: unknown): Found[] {
  if (!isMapping(state)) return [];
  return Object.keys(state).flatMap((key) => {
    const complaint = secretComplaint(key);
    // The value is not shown: problems end up in logs.
    return complaint ? [{ ...complaint, path: ["state", key], at: "key" as const, got: key }] : [];
  });
}

/** Only a local state is kept in a file per fork; two stacks in one state would each remove what the other made. */
function sharedState(state: StateConfig | undefined, forks: readonly ForkConfig[]): Found[] {
  if (state === undefined || state.backend === "local" || forks.length < 2) return [];
  return [
    {
      path: ["state", "backend"],
      at: "value",
      got: state.backend,
      expected: `local for ${forks.length} forks: one state for several is not available in this version`,
      fix: "write local, or give each fork a config with a state of its own",
    },
  ];
}

/** A stack's folder is `owner--name`, also on disks that ignore case: two forks must not share one. */
function sharedFolders(repositories: readonly string[]): Found[] {
  const folder = (repository: string) => repository.replace("/", "--").toLowerCase();
  return repositories.flatMap((repository, n) => {
    const first = repositories.findIndex((other) => folder(other) === folder(repository));
    if (first === n) return [];
    return [
      {
        path: ["forks", repository],
        at: "key" as const,
        got: repository,
        expected: `a fork whose folder differs from that of ${repositories[first]}`,
        fix: "keep one of the two, or put one into a config of its own",
      },
    ];
  });
}

function mappingExpected(path: Path, got: unknown): Found {
  return {
    path,
    at: "value",
    got,
    expected: "keys and values",
    fix: "write it as in examples/minimal/upstream-sync.yaml",
  };
}

function has(value: unknown, path: Path): boolean {
  return valueAt(value, path) !== undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

/** In the order of the file; what several forks inherit is said once. */
function report(found: readonly Found[], locate: Locate): Problem[] {
  const problems = found.map(
    ({ path, at, got, expected, fix }): Problem => ({
      path: pathText(path),
      ...locate(path, at),
      got: show(got),
      expected,
      fix,
    }),
  );
  const once = new Map(
    problems.map((problem) => [JSON.stringify([problem.path, problem.got, problem.expected]), problem]),
  );
  return [...once.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
