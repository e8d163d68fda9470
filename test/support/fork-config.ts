/** The design's example fork as the config resolves it, with what a test wants otherwise. */
import { resolveConfig } from "../../lib/config/resolve.ts";
import type { ForkConfig } from "../../lib/config/schema.ts";

export function forkConfig(overrides: Record<string, unknown> = {}): ForkConfig {
  const result = resolveConfig({
    version: 1,
    forks: {
      "acme/open-webui": {
        upstream: { repository: "open-webui/open-webui", branch: "main" },
        pullRequest: { reviewers: ["devops-lead", "tech-lead"] },
        ...overrides,
      },
    },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.forks[0] as ForkConfig;
}
