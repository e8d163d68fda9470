/** What the generated workflow hands to a verb, read once from the environment, every problem at once. */

/** `needs.<job>.result` as GitHub fills it. */
export type JobResult = "success" | "failure" | "cancelled" | "skipped";

export interface PullRequestSettings {
  readonly title: string;
  readonly labels: readonly string[];
  readonly reviewers: readonly string[];
  readonly teamReviewers: readonly string[];
}

/** Inputs that every verb has. */
export interface Settings {
  /** `owner/name` of the fork, the only repository that may be written to. */
  readonly repository: string;
  readonly owner: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
  /** The job token; it reads, and writes what has no git in it. */
  readonly token: string;
  readonly run: { readonly id: number; readonly attempt: number; readonly url: string };
  readonly route: string;
  readonly upstream: { readonly url: string; readonly branch: string };
  readonly branches: { readonly sync: string; readonly target: string };
  /** Whether the candidate keeps the fork's `.github/workflows` or takes upstream's. */
  readonly upstreamWorkflows: "hold" | "accept";
  readonly pullRequest: PullRequestSettings;
  readonly documentPath: string;
  /** Hex digest that binds this workflow to its process document. */
  readonly digest: string;
  readonly files: { readonly output: string; readonly summary: string; readonly temporary: string };
}

export interface MergeSettings extends Settings {
  /** Empty when the environment has no such secret: that is a state of the fork, told when the key is needed. */
  readonly deployKey: string;
  /** The upstream commit that `look` saw: everything after works on exactly this one. */
  readonly upstreamSha: string;
}

export interface FinishSettings extends Settings {
  readonly deployKey: string;
  readonly merge: {
    readonly result: JobResult;
    /** The words with which `merge` stopped; empty when it did not say. */
    readonly reason: string;
    readonly conflict: boolean;
    readonly candidate: string | undefined;
    readonly tree: string | undefined;
    readonly sync: string | undefined;
    readonly target: string | undefined;
  };
  readonly upstreamSha: string;
  readonly testResult: JobResult;
}

/** Raised with every missing or malformed variable; the caller ends with exit code 2. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`upstream-sync cannot start:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "SettingsError";
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function readLookSettings(environment: Environment): Settings {
  return complete(environment, common);
}

export function readMergeSettings(environment: Environment): MergeSettings {
  return complete(environment, (read) => ({
    ...common(read),
    deployKey: environment.DEPLOY_KEY ?? "",
    upstreamSha: read.matching("UPSTREAM_SHA", SHA, "a commit id of 40 hexadecimal digits"),
  }));
}

export function readFinishSettings(environment: Environment): FinishSettings {
  return complete(environment, (read) => ({
    ...common(read),
    deployKey: environment.DEPLOY_KEY ?? "",
    upstreamSha: read.matching("UPSTREAM_SHA", SHA, "a commit id of 40 hexadecimal digits"),
    merge: {
      result: read.oneOf("MERGE_RESULT", JOB_RESULTS),
      reason: environment.MERGE_REASON ?? "",
      conflict: environment.MERGE_CONFLICT === "true",
      candidate: read.optionalSha("CANDIDATE_SHA"),
      tree: read.optionalSha("TREE_SHA"),
      sync: read.optionalSha("SYNC_SHA"),
      target: read.optionalSha("TARGET_SHA"),
    },
    testResult: read.oneOf("TEST_RESULT", JOB_RESULTS),
  }));
}

const SHA = /^[0-9a-f]{40}$/;
const JOB_RESULTS = ["success", "failure", "cancelled", "skipped"] as const;

function common(read: Reader): Settings {
  const repository = read.matching("GITHUB_REPOSITORY", /^[\w.-]+\/[\w.-]+$/, "owner/name");
  const serverUrl = read.text("GITHUB_SERVER_URL").replace(/\/+$/, "");
  const id = Number(read.matching("GITHUB_RUN_ID", /^\d+$/, "a number"));
  return {
    repository,
    owner: repository.split("/")[0] ?? "",
    apiUrl: read.text("GITHUB_API_URL").replace(/\/+$/, ""),
    serverUrl,
    token: read.text("GITHUB_TOKEN"),
    run: {
      id,
      attempt: Number(read.matching("GITHUB_RUN_ATTEMPT", /^\d+$/, "a number")),
      url: `${serverUrl}/${repository}/actions/runs/${id}`,
    },
    route: read.matching("SYNC_ROUTE", /^[a-z0-9-]+$/, "lower-case letters, digits and hyphens"),
    upstream: { url: read.text("UPSTREAM_URL"), branch: read.text("UPSTREAM_BRANCH") },
    branches: { sync: read.text("SYNC_BRANCH"), target: read.text("TARGET_BRANCH") },
    upstreamWorkflows: read.oneOf("UPSTREAM_WORKFLOWS", ["hold", "accept"]),
    pullRequest: read.pullRequest("PULL_REQUEST"),
    documentPath: read.text("DOCUMENT_PATH"),
    digest: read.matching("UPSTREAM_SYNC_DIGEST", /^[0-9a-f]+$/, "hexadecimal digits"),
    files: {
      output: read.text("GITHUB_OUTPUT"),
      summary: read.text("GITHUB_STEP_SUMMARY"),
      temporary: read.text("RUNNER_TEMP"),
    },
  };
}

type Reader = ReturnType<typeof reader>;

function complete<T>(environment: Environment, build: (read: Reader) => T): T {
  const read = reader(environment);
  const settings = build(read);
  if (read.problems.length > 0) throw new SettingsError(read.problems);
  return settings;
}

function reader(environment: Environment) {
  const problems: string[] = [];
  const text = (name: string): string => {
    const value = environment[name];
    // An expression that finds nothing fills in an empty string, so empty counts as missing.
    if (value === undefined || value === "") {
      problems.push(`${name} is missing`);
      return "";
    }
    return value;
  };
  const matching = (name: string, pattern: RegExp, expected: string): string => {
    const value = text(name);
    if (value !== "" && !pattern.test(value))
      problems.push(`${name} is ${JSON.stringify(value)}, expected ${expected}`);
    return value;
  };
  const oneOf = <const T extends string>(name: string, allowed: readonly T[]): T => {
    const value = text(name);
    const found = allowed.find((one) => one === value);
    if (found === undefined && value !== "") {
      problems.push(`${name} is ${JSON.stringify(value)}, expected one of ${allowed.join(", ")}`);
    }
    return found ?? (allowed[0] as T);
  };
  const optionalSha = (name: string): string | undefined =>
    environment[name] ? matching(name, SHA, "a commit id of 40 hexadecimal digits, or nothing") : undefined;
  const pullRequest = (name: string): PullRequestSettings => {
    const value = text(name);
    const parsed = value === "" ? undefined : parsePullRequest(value);
    if (value !== "" && parsed === undefined) {
      problems.push(`${name} is not JSON with title, labels, reviewers and teamReviewers`);
    }
    return parsed ?? { title: "", labels: [], reviewers: [], teamReviewers: [] };
  };
  return { problems, text, matching, oneOf, optionalSha, pullRequest };
}

function parsePullRequest(text: string): PullRequestSettings | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { title, labels, reviewers, teamReviewers } = value as Record<string, unknown>;
    if (typeof title !== "string" || title === "") return undefined;
    if (!isTexts(labels) || !isTexts(reviewers) || !isTexts(teamReviewers)) return undefined;
    return { title, labels, reviewers, teamReviewers };
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
