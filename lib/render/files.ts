/** One fork's config -> the files it gets. Pure, when the templates are given. */
import { programPolicies } from "../config/policies.ts";
import type { ForkConfig } from "../config/schema.ts";
import { checksOf, trustedPaths } from "../config/test-plan.ts";
import { codeownersPlaces, codeownersSection } from "./codeowners.ts";
import { credentialHoles } from "./credential-holes.ts";
import { canonicalJson, sha256 } from "./digest.ts";
import { changeOf, renderDocument } from "./document.ts";
import { expression, fillTemplate } from "./fill-template.ts";
import { followText } from "./follow.ts";
import { candidateHoles, regenerateJobs } from "./regenerate-jobs.ts";
import { readProgram, readTemplates, type Templates } from "./template-source.ts";
import { testJob } from "./test-job.ts";

export interface RenderedFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly content: string;
}

export interface RenderedFiles {
  /** SHA-256, in hexadecimal, of everything the files were made from; workflow and document both carry it. */
  readonly digest: string;
  readonly workflow: RenderedFile;
  readonly program: RenderedFile;
  /** Absent when the config names neither reviewers nor owners. */
  readonly codeowners: RenderedFile | undefined;
  readonly document: RenderedFile;
  /** What the commit of the document says was changed. */
  readonly change: string;
}

export const workflowPath = ".github/workflows/upstream-sync.yml";
export const programFolder = ".github/upstream-sync/";
export const programPath = `${programFolder}upstream-sync.mjs`;
export const codeownersPath = codeownersPlaces[0];

// GitHub silently stops starting a workflow file of more than 512,000 bytes (module-system.md, limits met).
const largestWorkflow = 400_000;

/**
 * @param program text of the sync program; by default the one bundled in this package.
 * @throws when the workflow grows beyond what GitHub starts, or templates and values do not fit together.
 */
export function renderFiles(
  fork: ForkConfig,
  program: string | Uint8Array = readProgram(),
  templates: Templates = readTemplates(),
): RenderedFiles {
  const programSha256 = sha256(program);
  // The order of owners matters (the last match wins), and canonical JSON forgets the order of keys.
  const config = { ...fork, owners: Object.entries(fork.owners) };
  const digest = sha256(canonicalJson({ config, templates, program: programSha256 }));
  const managedPaths = [workflowPath, programFolder, codeownersPath, fork.document.path];
  const section = codeownersSection(fork, managedPaths);
  return {
    digest,
    workflow: { path: workflowPath, content: renderWorkflow(fork, templates, digest, programSha256) },
    program: { path: programPath, content: Buffer.from(program).toString("utf8") },
    codeowners: section === undefined ? undefined : { path: codeownersPath, content: section },
    change: changeOf(fork, digest),
    document: { path: fork.document.path, content: renderDocument(fork, templates.document, digest) },
  };
}

function renderWorkflow(fork: ForkConfig, templates: Templates, digest: string, programSha256: string): string {
  const content = fillTemplate(templates.workflow, {
    CRON: fork.schedule.cron,
    TIMEZONE: fork.schedule.timezone,
    IF_THIS_REPOSITORY: expression(`github.repository == '${fork.repository}'`),
    UPSTREAM_URL: fork.upstream.url,
    UPSTREAM_BRANCH: fork.upstream.branch,
    UPSTREAM_FOLLOW: followText(fork.follow),
    SYNC_BRANCH: fork.branches.sync,
    TARGET_BRANCH: fork.branches.target,
    UPSTREAM_WORKFLOWS: fork.upstreamWorkflows,
    LANDING: fork.landing,
    POLICIES: JSON.stringify(programPolicies(fork.policies)),
    TESTS: JSON.stringify({ trusted: trustedPaths(fork.tests), checks: checksOf(fork.tests) }),
    FRESHNESS: JSON.stringify(fork.freshness),
    PULL_REQUEST: pullRequestJson(fork.pullRequest),
    ...credentialHoles(fork),
    DOCUMENT_PATH: fork.document.path,
    DIGEST: digest,
    PROGRAM_SHA256: programSha256,
    ...candidateHoles(fork),
    ...regenerateJobs(fork, templates.jobs),
    TEST_JOB: testJob(fork, templates.jobs),
  });
  const size = Buffer.byteLength(content);
  if (size >= largestWorkflow) {
    throw new Error(
      `the workflow of ${fork.repository} is ${size} bytes, expected fewer than ${largestWorkflow}: put the commands of tests.run into scripts of the fork`,
    );
  }
  return content;
}

/** The keys the sync program reads, in a fixed order. */
function pullRequestJson({ title, labels, reviewers, teamReviewers, whenApproved }: ForkConfig["pullRequest"]): string {
  return JSON.stringify({ title, labels, reviewers, teamReviewers, whenApproved });
}
