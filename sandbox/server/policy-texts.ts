/**
 * A verdict in GitHub's words, for each door. Layout of the push texts as in gleam-lang/gleam#6080 (several rules),
 * peter-evans/create-pull-request#4428 (commits named) and henne49/dbus-opendtu#235.
 */
import { GitHubError } from "./http.ts";
import { fullName } from "./identity.ts";
import type { Refusal } from "./policy.ts";
import type { Repository } from "./state.ts";

const aboutProtection = "https://docs.github.com/articles/about-protected-branches";

function bullets(texts: readonly string[]): string[] {
  return texts.flatMap((text) => ["", ...`- ${text}`.split("\n")]);
}

/**
 * What a refused push prints after "remote: ". A workflow file is told in the ref's own line alone, as GitHub does. GH006 in today's
 * layout: foundry-rs/block-explorers#110.
 */
export function refusedPush(url: string, repository: Repository, ref: string, refusals: readonly Refusal[]): string {
  const of = (wanted: Refusal["kind"]): string[] =>
    refusals.filter(({ kind }) => kind === wanted).map(({ text }) => text);
  const [classic, rules] = [of("classic"), of("rule")];
  return [
    ...(classic.length > 0
      ? [`error: GH006: Protected branch update failed for ${ref}.`, ...bullets(classic), "", ""]
      : []),
    ...(rules.length > 0
      ? [
          `error: GH013: Repository rule violations found for ${ref}.`,
          `Review all repository rules at ${url}/${fullName(repository)}/rules?ref=${encodeURIComponent(ref)}`,
          ...bullets(rules),
          "",
          "",
        ]
      : []),
  ].join("\n");
}

export function bypassedPush(ref: string, texts: readonly string[]): string {
  return texts.length === 0 ? "" : [`Bypassed rule violations for ${ref}:`, ...bullets(texts), "", ""].join("\n");
}

/** The reason in "! [remote rejected] main -> main (…)". */
export function refusedRef(refusals: readonly Refusal[]): string | undefined {
  const [first] = refusals;
  if (!first) return undefined;
  if (first.kind === "classic") return "protected branch hook declined";
  return first.kind === "workflow-file" ? first.text : "push declined due to repository rule violations";
}

/**
 * The same refusal as an answer of the REST API. Contents: 409 (GitHub's OpenAPI description), refs: 422, merging: 405. For a workflow
 * file the API says less than git does: 403 to an App, 404 to a person's token or for a ref (expo/expo#48858).
 */
export function refusedRequest(door: "contents" | "refs" | "merge", refusals: readonly Refusal[]): GitHubError {
  const status = { contents: 409, refs: 422, merge: 405 } as const;
  const classic = refusals.filter(({ kind }) => kind === "classic").map(({ text }) => text);
  if (classic.length > 0) {
    const before = door === "contents" ? "Could not update file: " : "";
    return new GitHubError(status[door], `${before}${classic.join(" ")}`, { documentation: aboutProtection });
  }
  const rules = refusals.filter(({ kind }) => kind === "rule");
  if (rules.length > 0) {
    const text = rules.map((refusal) => `${refusal.text}\n\n`).join("");
    return new GitHubError(status[door], `Repository rule violations found\n\n${text}`);
  }
  if (door === "refs") return new GitHubError(404, "Not Found");
  const text = refusals[0]?.text ?? "";
  if (door === "merge") return new GitHubError(403, text);
  return text.includes("GitHub App")
    ? new GitHubError(403, "Resource not accessible by integration")
    : new GitHubError(404, "Not Found");
}
