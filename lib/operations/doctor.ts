/** Reads a live fork once, runs every check on what was told, and carries out the fixes that people said yes to. */

import { execa } from "execa";
import { type Finding, type Fix, fixText, type View } from "../checks/check.ts";
import { checks, factsForChecks, upstreamOn } from "../checks/index.ts";
import type { ForkConfig } from "../config/schema.ts";
import { hasCredentials, readCredentials } from "../credentials/credentials-file.ts";
import { credentialsEnvironment } from "../credentials/names.ts";
import { Failure } from "../failure.ts";
import { readClone } from "../fork/clone.ts";
import { readForkFacts } from "../fork/facts.ts";
import { connect, connectCounting, explain, webUrl } from "../github.ts";
import type { ProgressEvent } from "../progress.ts";
import { renderFiles } from "../render/files.ts";
import { readProgram } from "../render/template-source.ts";
import type { Context } from "./context.ts";

export interface DoctorCheck extends Finding {
  readonly fork: string;
  readonly id: string;
  readonly title: string;
}

export interface Doctor {
  readonly repository: string;
  readonly checks: readonly DoctorCheck[];
  /** Sent to GitHub, those that had to be tried again among them. */
  readonly requests: number;
}

export interface DoctorOptions {
  readonly fork: ForkConfig;
  /** Where people stand: a clone of the fork there is looked at too. */
  readonly folder: string;
  /** Milliseconds since the epoch. @default now */
  readonly now?: number;
}

export async function* doctor(context: Context, options: DoctorOptions): AsyncGenerator<ProgressEvent, Doctor> {
  const { fork, folder } = options;
  const { octokit, requests } = connectCounting(context.env);
  const web = webUrl(context.env);
  const upstream = upstreamOn(web, fork.upstream);
  const credentials = hasCredentials(context.projectFolder, fork.repository)
    ? readCredentials(context.projectFolder, fork)
    : undefined;
  yield { fork: fork.repository, text: "reading" };
  const facts = await readForkFacts(
    octokit,
    { owner: fork.owner, repo: fork.name },
    factsForChecks(fork, upstream, credentials?.environment ?? credentialsEnvironment),
  );
  const view: View = {
    fork,
    facts,
    upstream,
    files: renderFiles(fork, readProgram()),
    credentials,
    clone: await readClone(folder, facts.settings.url, context.env),
    now: options.now ?? Date.now(),
  };
  const found = checks.map(({ id, title, find }) => ({ fork: fork.repository, id, title, ...find(view) }));
  return { repository: fork.repository, checks: found, requests: requests() };
}

/** Carries out what was shown before, in that order. @throws Failure at the first one that is refused. */
export async function* carryOut(context: Context, fixes: readonly Fix[]): AsyncGenerator<ProgressEvent, void> {
  for (const fix of fixes) {
    yield { text: fixText(fix) };
    if (fix.kind === "request") {
      await connect(context.env)
        .request(`${fix.method} ${fix.path}`, { ...fix.body })
        .catch((error) => explain(error, fixText(fix)));
    } else {
      const { exitCode, stderr } = await execa("git", [...fix.args], { reject: false });
      if (exitCode !== 0) throw new Failure(`could not run ${fixText(fix)}: ${stderr}`, "run it by hand", stderr);
    }
  }
}
