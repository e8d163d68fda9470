import { NO_POLICIES } from "../../../sync/policies.ts";
import type { Settings } from "../../../sync/settings.ts";

/** Settings of a fork `acme/open-webui`, for pure functions. */
export function someSettings(changes: Partial<Settings> = {}): Settings {
  return {
    repository: "acme/open-webui",
    owner: "acme",
    apiUrl: "https://api.github.com",
    serverUrl: "https://github.com",
    token: "job-token",
    run: { id: 77, attempt: 1, url: "https://github.com/acme/open-webui/actions/runs/77" },
    defaultTip: undefined,
    route: "main",
    upstream: {
      url: "https://github.com/open-webui/open-webui.git",
      branch: "main",
      follow: { kind: "branch" },
      ref: "refs/heads/main",
      why: "branch main",
      token: "",
    },
    branches: { sync: "sync/upstream", target: "dev" },
    upstreamWorkflows: "hold",
    landing: "merge",
    policies: NO_POLICIES,
    tests: { trusted: [], checks: [] },
    pullRequest: {
      title: "chore: sync with upstream",
      labels: ["upstream-sync"],
      reviewers: [],
      teamReviewers: [],
      whenApproved: "hold",
    },
    retest: false,
    pause: "look",
    freshness: {},
    documentPath: "docs/upstream-sync.md",
    digest: "0123456789abcdef",
    files: { output: "/dev/null", summary: "/dev/null", temporary: "/nowhere" },
    ...changes,
  };
}

/** A commit id made of one repeated hexadecimal digit. */
export function sha(digit: string): string {
  return digit.repeat(40);
}
