/** What Terraform hands to `propose`: one value made by `lib/constructs/proposals.ts`, and the user's environment. */
import { gunzipSync } from "node:zlib";
import type { Environment } from "./environment.ts";
import type { ProposedFile } from "./proposed-file.ts";
import { type Connection, readStep } from "./removal-settings.ts";

/** As Terraform keeps it: a plan shows its fields. */
interface ProposalInput {
  readonly repository: string;
  readonly base: string;
  readonly head: string;
  readonly title: string;
  /** Path -> content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Path -> words of the commit that brings it. */
  readonly messages?: Readonly<Record<string, string>>;
  /** Path -> mark by which the file is known as ours. */
  readonly removals?: Readonly<Record<string, string>>;
  readonly section?: { readonly path: string; readonly text: string; readonly places: readonly string[] } | null;
}

export interface Proposal {
  /** `owner/name` of the fork. */
  readonly repository: string;
  /** The branch the files belong on. */
  readonly base: string;
  /** The branch that brings them. */
  readonly head: string;
  /** Title of the pull request, and of the commit with everything that has no words of its own. */
  readonly title: string;
  /** Path -> words of its commit. */
  readonly messages: Readonly<Record<string, string>>;
  readonly files: readonly ProposedFile[];
}

export interface ProposeContext extends Connection {
  readonly proposal: Proposal;
  readonly repository: string;
}

/** @throws SettingsError when this was not started by Terraform, or there is no token. */
export function readProposeSettings(environment: Environment): ProposeContext {
  // Packed, because an environment value ends at 128 KiB and the sync program alone is longer (reference: github-facts-2.md).
  const packed = Buffer.from(environment.UPSTREAM_SYNC_PACKED_INPUT ?? "", "base64");
  const input = packed.length > 0 ? gunzipSync(packed).toString("utf8") : undefined;
  const step = readStep<ProposalInput>({ ...environment, UPSTREAM_SYNC_INPUT: input });
  const { repository, base, head, title, files = {}, messages = {}, removals = {}, section, apiUrl, token } = step;
  const proposed: ProposedFile[] = [
    ...Object.entries(files).map(([path, content]) => ({ path, content })),
    ...Object.entries(removals).map(([path, mark]) => ({ path, mark, remove: true as const })),
    ...(section ? [{ path: section.path, section: section.text, places: section.places }] : []),
  ];
  const proposal = { repository, base, head, title, messages, files: proposed };
  return { proposal, repository, apiUrl, token };
}
