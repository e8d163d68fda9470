/** What the next sync would do: the generated workflow, executed on copies of the fork and its upstream in a stand-in for GitHub. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ForkConfig } from "../config/schema.ts";
import { InputFailure } from "../failure.ts";
import { webUrl } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { missingFiles } from "../rehearsal/copy.ts";
import {
  type KeptRehearsal,
  logsFolder,
  noteBegun,
  noteKept,
  readKept,
  startStandIn,
} from "../rehearsal/data-folder.ts";
import { listRepository, madeConfig, resolveMade } from "../rehearsal/made-config.ts";
import { place, type Sources } from "../rehearsal/place.ts";
import { type Rehearsal, rehearsing } from "../rehearsal/run.ts";
import { setUp } from "../rehearsal/stage.ts";
import { type GitHubStandIn, sandboxProgram } from "../rehearsal/stand-in.ts";

export interface RehearseOptions {
  /** Forks of the config; undefined: the person has none, and one is made from the two repositories. */
  readonly forks: readonly ForkConfig[] | undefined;
  /** Paths or addresses in place of what the config names. */
  readonly sources: Partial<Sources>;
  /** Kept, and gone on with; by default everything is gone at the end. */
  readonly data?: string | undefined;
  /** Whether the test plan is carried out; by default where the config has `tests.run`. */
  readonly tests?: boolean | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Called before a stand-in is started, with what ends it and removes what is temporary: for an interrupt. */
  readonly onStarted?: (end: () => Promise<void>) => void;
}

export interface RehearseResult extends Rehearsal {
  readonly repository: string;
  /** Absolute; null when nothing is kept. */
  readonly data: string | null;
}

/** Where the rehearsal happens and on what. */
interface Scene {
  readonly folder: string;
  readonly config: ForkConfig;
  readonly sources: Sources;
  readonly made: Readonly<Record<string, unknown>> | undefined;
  readonly kept: KeptRehearsal | undefined;
}

export async function* rehearse(options: RehearseOptions): AsyncGenerator<ProgressEvent, RehearseResult> {
  // Before any folder is made.
  sandboxProgram();
  const kept = options.data === undefined ? undefined : readKept(resolve(options.data));
  const chosen = kept ? goOn(options, kept) : yield* chooseNew(options);
  const temporary = options.data === undefined;
  const folder = temporary ? mkdtempSync(join(tmpdir(), "upstream-sync-rehearse-")) : resolve(options.data ?? "");
  const remove = () => {
    if (temporary) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { onStarted } = options;
    const scene = { folder, kept, ...chosen };
    const rehearsal = yield* rehearseIn(scene, {
      ...options,
      onStarted: (end) =>
        onStarted?.(async () => {
          await end();
          remove();
        }),
    });
    const gone = temporary ? { log: null, fork: null, upstream: null } : {};
    return { ...rehearsal, ...gone, repository: scene.config.repository, data: temporary ? null : folder };
  } finally {
    remove();
  }
}

/** @throws InputFailure when the folder is of another rehearsal than the one that is asked for. */
function goOn({ forks, sources }: RehearseOptions, kept: KeptRehearsal): Omit<Scene, "folder" | "kept"> {
  for (const what of ["fork", "upstream"] as const) {
    const asked = sources[what];
    if (asked !== undefined && absolute(asked) !== kept.sources[what]) {
      throw new InputFailure(
        `--data holds a rehearsal of the ${what} ${kept.sources[what]}: got --${what} ${asked}`,
        `leave --${what} out to go on with it, or use another folder`,
      );
    }
  }
  const { made } = kept;
  if (made !== undefined) return { config: resolveMade(made), sources: kept.sources, made };
  const name = `${kept.placed.fork.owner}/${kept.placed.fork.name}`;
  const config = forks?.find(({ repository }) => repository === name);
  if (config) return { config, sources: kept.sources, made };
  throw new InputFailure(
    `--data holds a rehearsal of ${name}: got ${forks ? forks.map(({ repository }) => repository).join(", ") : "no config"}`,
    "pass --config with the config it was begun with, or use another folder",
  );
}

async function* chooseNew({
  forks,
  sources,
  env,
}: RehearseOptions): AsyncGenerator<ProgressEvent, Omit<Scene, "folder" | "kept">> {
  if (forks) {
    const [config, ...others] = forks;
    if (!config || others.length > 0) {
      throw new InputFailure(
        `rehearse works on one fork: got ${forks.length} in the config, expected a name`,
        `name one of ${forks.map(({ repository }) => repository).join(", ")}`,
      );
    }
    const named = {
      fork: sources.fork ?? `${webUrl(env)}/${config.repository}.git`,
      upstream: sources.upstream ?? config.upstream.url,
    };
    return { config, sources: { fork: absolute(named.fork), upstream: absolute(named.upstream) }, made: undefined };
  }
  const { fork, upstream } = sources;
  if (fork === undefined || upstream === undefined) {
    throw new InputFailure(
      `there is no config: got ${fork === undefined ? "no --fork" : "no --upstream"}, expected both --fork and --upstream`,
      "pass --fork and --upstream (paths or addresses), or write a config: upstream-sync init OWNER/NAME",
    );
  }
  const both = { fork: absolute(fork), upstream: absolute(upstream) };
  const made = madeConfig(
    both,
    await listRepository(both.fork, "fork", env),
    await listRepository(both.upstream, "upstream", env),
  ) as Record<string, unknown>;
  const config = resolveMade(made);
  const { branches, repository } = config;
  const follows = `follows ${config.upstream.branch} of ${config.upstream.repository}`;
  const text = `no config, so chosen: ${follows}, sync branch ${branches.sync} from ${branches.from}, pull request to ${branches.target}`;
  yield { fork: repository, text };
  return { config, sources: both, made };
}

/** A folder means the same wherever the next call is made. */
function absolute(source: string): string {
  return existsSync(source) ? resolve(source) : source;
}

async function* rehearseIn(scene: Scene, options: RehearseOptions): AsyncGenerator<ProgressEvent, Rehearsal> {
  const { folder, config, kept } = scene;
  const { env } = options;
  const say = (text: string): ProgressEvent => ({ fork: config.repository, text });
  const tests = options.tests ?? (scene.made === undefined && "run" in config.tests);
  yield say(testsAnnounced(config, tests, options.tests));
  if (!kept) noteBegun(folder);
  let end = async (): Promise<void> => undefined;
  options.onStarted?.(() => end());
  const standIn = await startStandIn(folder, kept?.port ?? 0, env, (kill) => {
    end = kill;
  });
  try {
    const placed = kept?.placed ?? (yield* copy(standIn, scene, env));
    const { made, sources } = scene;
    noteKept(folder, {
      version: 1,
      sources,
      ...(made ? { made } : {}),
      port: Number(new URL(standIn.url).port),
      placed,
    });
    yield say(kept ? "going on where the last rehearsal ended; setting up what the config changed" : "setting up");
    const stage = await setUp(standIn, config, placed, { tests });
    return yield* rehearsing(stage, { logs: logsFolder(folder) });
  } finally {
    await standIn.stop();
  }
}

async function* copy(standIn: GitHubStandIn, { config, sources }: Scene, env: NodeJS.ProcessEnv) {
  yield { fork: config.repository, text: `copying ${sources.upstream} and ${sources.fork}` };
  const placed = await place(standIn, config, sources, env);
  const copies = [
    { what: "fork", at: placed.fork, branch: config.branches.target },
    { what: "upstream", at: placed.upstream, branch: config.upstream.branch },
  ];
  for (const { what, at, branch } of copies) {
    const missing = await missingFiles(standIn.repositoryFolder(at), branch);
    const text = `the ${what} lacks ${missing.length} of its own files, ${missing[0]} for one: what needs them fails here`;
    if (missing.length > 0) yield { fork: config.repository, text };
  }
  return placed;
}

/** Tests are upstream's code on the person's own machine: what happens is said before. */
function testsAnnounced({ tests }: ForkConfig, run: boolean, asked: boolean | undefined): string {
  const plan =
    "run" in tests
      ? tests.run.map((command) => command.trimStart().split("\n", 1)[0]).join("; ")
      : "checks" in tests
        ? `the fork's own CI (${tests.checks.join(", ")}), which does not run here`
        : "docker compose";
  if (run) return `tests run on this machine, with the fork's and upstream's code: ${plan}`;
  return asked === false ? "tests are left out" : `tests are left out; --tests runs them on this machine: ${plan}`;
}
