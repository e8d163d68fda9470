/** Workflow and document carry one digest of everything they were made from: the shortest way to see whether they belong together. */
import { type Finding, notOk, ok } from "./check.ts";

const patterns = {
  workflow: /^\s*UPSTREAM_SYNC_DIGEST: "?(?<digest>[0-9a-f]{64})"?\r?$/m,
  document: /digest `(?<digest>[0-9a-f]{64})`/,
};

/** Undefined in a file that is not ours, or that people cut. */
export function digestOf(kind: "workflow" | "document", text: string): string | undefined {
  return patterns[kind].exec(text)?.groups?.digest;
}

export function shortDigest(digest: string | undefined): string {
  return digest?.slice(0, 12) ?? "none";
}

/** @param document what people know it by: its path, and its branch. */
export function agreement(
  texts: { readonly workflow: string; readonly document: string },
  document: string,
  remedy: string,
): Finding {
  const [ofWorkflow, ofDocument] = [digestOf("workflow", texts.workflow), digestOf("document", texts.document)];
  return ofWorkflow !== undefined && ofWorkflow === ofDocument
    ? ok(`both carry digest ${shortDigest(ofWorkflow)}`)
    : notOk(`the workflow carries digest ${shortDigest(ofWorkflow)}, ${document} ${shortDigest(ofDocument)}`, remedy);
}
