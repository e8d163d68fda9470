/**
 * The programs that judge and run what is generated in the tests, none of them needed by a user: actionlint and act, built
 * by Go, shellcheck and zizmor, installed by pip, and the shells that read completion scripts. Versions and hashes are in
 * `workflow-tools/`; a change there makes a new folder.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { Failure } from "../lib/failure.ts";
import { packageRoot } from "../lib/package-root.ts";
import type { ProgressEvent } from "../lib/progress.ts";
import { cacheFolder } from "../lib/terraform/provider.ts";

const pins = join(packageRoot(), "tools", "workflow-tools");

interface Source {
  /** What the folder's contents follow from. */
  readonly pinnedBy: readonly string[];
  /** Program and arguments that put the programs into `folder`. */
  command(folder: string): readonly [program: string, ...args: string[]];
  readonly progress: string;
  readonly needs: string;
}

const goModule = ["go.mod", "go.sum"];
const goBuild = (module: string, tags: string) => (folder: string) =>
  ["go", "build", "-mod=readonly", "-trimpath", `-tags=${tags}`, "-ldflags=-s -w", "-o", `${folder}/`, module] as const;

const sources = {
  actionlint: {
    pinnedBy: goModule,
    command: goBuild("github.com/rhysd/actionlint/cmd/actionlint", ""),
    progress: "building actionlint with Go (some seconds, once)",
    needs: "Go ≥ 1.26 (https://go.dev/dl)",
  },
  act: {
    pinnedBy: goModule,
    // Jobs run on this machine itself, so the half of act that speaks to Docker is left out.
    command: goBuild("github.com/nektos/act", "WITHOUT_DOCKER"),
    progress: "building act with Go (about a minute, once)",
    needs: "Go ≥ 1.26 (https://go.dev/dl)",
  },
  wheels: {
    pinnedBy: ["requirements.txt"],
    command: (folder) => [
      ...(["python3", "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"] as const),
      ...["--only-binary=:all:", "--root-user-action=ignore", `--target=${folder}`, "--requirement=requirements.txt"],
    ],
    progress: "installing shellcheck and zizmor with pip (some seconds, once)",
    needs: "Python ≥ 3.9 with pip",
  },
  shells: {
    pinnedBy: ["shells.sh"],
    command: (folder) => ["sh", "shells.sh", folder],
    progress: "looking for zsh and fish (some seconds, once)",
    needs: "zsh and fish",
  },
} satisfies Record<string, Source>;

const programs = {
  actionlint: ["actionlint", "actionlint"],
  act: ["act", "act"],
  shellcheck: ["wheels", "bin/shellcheck"],
  zizmor: ["wheels", "bin/zizmor"],
  zsh: ["shells", "zsh"],
  fish: ["shells", "fish"],
} as const;

/** Full path of a program that `npm run setup:tests` has made available. @throws Failure when it has not. */
export function workflowTool(name: keyof typeof programs, cache = cacheFolder()): string {
  const [source, program] = programs[name];
  const file = join(folderOf(sources[source], source, cache), program);
  if (existsSync(file)) return file;
  throw new Failure(
    `${name} is not there: got no ${file}`,
    `install ${sources[source].needs}, then run \`npm run setup:tests\``,
  );
}

/** Idempotent. Goes through all of them: gives what could not be had, in words. */
export async function* ensureWorkflowTools(cache = cacheFolder()): AsyncGenerator<ProgressEvent, Failure[]> {
  const failures: Failure[] = [];
  for (const [name, source] of Object.entries(sources) as [string, Source][]) {
    const target = folderOf(source, name, cache);
    if (existsSync(target)) continue;
    yield { text: source.progress };
    const failure = await make(name, source, target);
    if (failure) failures.push(failure);
  }
  return failures;
}

function folderOf(source: Source, name: string, cache: string): string {
  const digest = createHash("sha256");
  for (const file of source.pinnedBy) digest.update(readFileSync(join(pins, file)));
  return join(cache, "workflow-tools", `${name}-${digest.digest("hex").slice(0, 12)}`);
}

async function make(name: string, source: Source, target: string): Promise<Failure | undefined> {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(`${target}-`);
  const [program, ...args] = source.command(folder);
  try {
    const result = await execa(program, args, { cwd: pins, env: { CGO_ENABLED: "0" }, reject: false, all: true });
    if (result.exitCode === 0) {
      // Renamed into place last, so that a cut build never looks complete.
      renameSync(folder, target);
      return undefined;
    }
    return new Failure(
      `${name} could not be had: ${result.code === "ENOENT" ? `\`${program}\` is not on PATH` : `\`${program}\` failed`}`,
      `install ${source.needs}, make its package registry reachable, and run \`npm run setup:tests\` again`,
      result.all,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
