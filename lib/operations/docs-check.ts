/** Reads workflow and document where they are, and says how they stand to each other and to the config. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareSetUp, type FoundFile, type SetUpFindings } from "../checks/set-up-files.ts";
import type { ForkConfig } from "../config/schema.ts";
import { InputFailure } from "../failure.ts";
import { readTextFile } from "../fork/text-file.ts";
import { connect, explain } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { branchState } from "../render/document.ts";
import { type RenderedFiles, renderFiles } from "../render/files.ts";
import { readProgram } from "../render/template-source.ts";
import type { Context } from "./context.ts";

export interface DocsCheck extends SetUpFindings {
  readonly repository: string;
  /** Of what the config renders now. */
  readonly digest: string;
}

export interface DocsCheckOptions {
  readonly fork: ForkConfig;
  /** A work tree of the fork to look into instead of asking GitHub. */
  readonly local?: string | undefined;
}

/** @throws InputFailure: one folder is a work tree of one fork. */
export function oneFork(forks: readonly ForkConfig[]): void {
  if (forks.length === 1) return;
  throw new InputFailure(
    `--local looks at one fork: got ${forks.map((fork) => fork.repository).join(", ")}`,
    "name the fork that the folder is a work tree of",
  );
}

export async function* docsCheck(
  context: Context,
  { fork, local }: DocsCheckOptions,
): AsyncGenerator<ProgressEvent, DocsCheck> {
  const files = renderFiles(fork, readProgram());
  yield { fork: fork.repository, text: "reading" };
  const found = local === undefined ? await onBranches(context, fork, files) : inFolder(local, fork, files);
  return { repository: fork.repository, digest: files.digest, ...compareSetUp(files, fork.repository, found) };
}

async function onBranches(context: Context, fork: ForkConfig, files: RenderedFiles): Promise<FoundFile[]> {
  const octokit = connect(context.env);
  const place = { owner: fork.owner, repo: fork.name };
  const { data } = await octokit.rest.repos.get(place).catch((error) => explain(error, `read ${fork.repository}`));
  const { branches } = fork.document;
  const [workflow, ...documents] = await Promise.all([
    readTextFile(octokit, place, files.workflow.path),
    ...branches.map((branch) => readTextFile(octokit, place, files.document.path, branch)),
  ]);
  return [
    { kind: "workflow", path: files.workflow.path, place: `on ${data.default_branch}`, text: workflow, home: true },
    ...branches.map(
      (branch, n): FoundFile => ({
        kind: "document",
        path: files.document.path,
        place: `on ${branch} (${branchState(branches, n)})`,
        text: documents[n],
        home: n === 0,
      }),
    ),
  ];
}

/** A branch may hold only one of the two; what is there has to be right. */
function inFolder(folder: string, fork: ForkConfig, files: RenderedFiles): FoundFile[] {
  const found = (["workflow", "document"] as const).flatMap((kind): FoundFile[] => {
    const { path } = files[kind];
    const text = readIfThere(join(folder, path));
    return text === undefined ? [] : [{ kind, path, place: `in ${folder}`, text, home: true }];
  });
  if (found.length > 0) return found;
  throw new InputFailure(
    `neither ${files.workflow.path} nor ${files.document.path} is in ${folder}`,
    `name a work tree of ${fork.repository}, on a branch that has one of them`,
  );
}

/** A checkout on Windows may have changed the line ends; the file in git is the same. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
