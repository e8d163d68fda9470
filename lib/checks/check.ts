/** What a check is: a small pure function from what is known about a fork to one finding. */
import type { ForkConfig } from "../config/schema.ts";
import type { CredentialsFile } from "../credentials/credentials-file.ts";
import type { CloneFacts } from "../fork/clone.ts";
import type { ForkFacts, Told } from "../fork/facts.ts";
import type { RenderedFiles } from "../render/files.ts";

/** Everything that is known when the checks begin; nothing is asked for later. */
export interface View {
  readonly fork: ForkConfig;
  readonly facts: ForkFacts;
  /** What the config renders now. */
  readonly files: RenderedFiles;
  /** Undefined where none was made yet. */
  readonly credentials: CredentialsFile | undefined;
  /** `owner/name` of the upstream where it is on the fork's server. */
  readonly upstream: string | undefined;
  /** The clone of this fork that the command was run in. */
  readonly clone: CloneFacts | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** "cannot tell" is never shown as ok: a right, a plan or a server keeps the answer back. */
export type State = "ok" | "not ok" | "cannot tell";

/** A write that is safe to offer: it switches on what the process needs, and undoing it is one click. */
export type Fix =
  | {
      readonly kind: "request";
      readonly method: "PATCH" | "PUT";
      readonly path: string;
      readonly body?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "git"; readonly args: readonly string[] };

export interface Finding {
  readonly state: State;
  /** What was seen. */
  readonly evidence: string;
  /** What to type or do; always there unless the state is ok. */
  readonly remedy?: string;
  readonly fixes?: readonly Fix[];
}

export interface Check {
  /** Stable, for scripts. */
  readonly id: string;
  readonly title: string;
  find(view: View): Finding;
}

/** As a person would type it. */
export function fixText(fix: Fix): string {
  if (fix.kind === "git") return ["git", ...fix.args].join(" ");
  return `${fix.method} ${fix.path}${fix.body ? ` ${JSON.stringify(fix.body)}` : ""}`;
}

export function ok(evidence: string): Finding {
  return { state: "ok", evidence };
}

export function notOk(evidence: string, remedy: string, ...fixes: readonly Fix[]): Finding {
  return { state: "not ok", evidence, remedy, ...(fixes.length > 0 ? { fixes } : {}) };
}

export function cannotTell(evidence: string, remedy: string): Finding {
  return { state: "cannot tell", evidence, remedy };
}

/** A finding on what GitHub told; what it did not tell is no finding. */
export function whenTold<Value>(
  answer: Told<Value>,
  find: (value: Value) => Finding,
  remedy = "ask again with a token that administers the fork",
): Finding {
  return answer.told ? find(answer.value) : cannotTell(answer.why, remedy);
}

/** The workflow is there: what belongs to the set-up can be expected. */
export function isDeployed({ facts }: View): boolean {
  return facts.files.get("workflow") !== undefined;
}

export function gh(...words: readonly string[]): string {
  return [
    "gh",
    ...words.map((word) => (/^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)),
  ].join(" ");
}
