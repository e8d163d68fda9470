/** A job's log and annotations, with the limits GitHub sets. */
import type { Annotation, JobRecord } from "../server/state.ts";
import { annotation, noFile } from "./commands.ts";
import type { RunnerHost } from "./host.ts";
import type { Masks } from "./masks.ts";

/** Per step and level, and per job (docs.github.com/actions/reference/workflows-and-actions/workflow-commands). */
const annotationsPerStep = 10;
const annotationsPerJob = 50;
/** Longer messages are cut (actions/runner `ExecutionContext`, `_maxIssueMessageLength`). */
const messageLength = 4096;

export interface JobLog {
  /** Masked; several lines become several entries. */
  write(text: string): void;
  /** Recorded within the limits, and printed as `##[error]…` in any case. Title and path are not masked, as on GitHub. */
  annotate(annotation: Annotation): void;
  error(message: string): void;
  warning(message: string): void;
  /** Line numbers and limits begin anew. */
  nextStep(): void;
}

const tags = { notice: "notice", warning: "warning", failure: "error" } as const;

export function createJobLog(host: RunnerHost, record: JobRecord, masks: Masks): JobLog {
  let lines = 0;
  let counts = { notice: 0, warning: 0, failure: 0 };

  const write = (text: string): void => {
    for (const line of masks.mask(text).split(/\r\n|\r|\n/)) {
      lines += 1;
      // GitHub prints seven digits of a second.
      host.log(record.id, `${host.now().toISOString().replace("Z", "0000Z")} ${line}`);
    }
  };
  const annotate = (given: Annotation): void => {
    const message = masks.mask(given.message).slice(0, messageLength);
    const level = given.annotation_level;
    const line = lines + 1;
    write(`##[${tags[level]}]${message}`);
    if (message.trim() === "" || counts[level] >= annotationsPerStep) return;
    if (record.annotations.length >= annotationsPerJob) return;
    counts[level] += 1;
    const placed = given.path === noFile && given.start_line === 0;
    record.annotations.push({ ...given, message, ...(placed ? { start_line: line, end_line: line } : {}) });
    host.changed();
  };
  return {
    write,
    annotate,
    error: (message) => annotate(annotation("error", message)),
    warning: (message) => annotate(annotation("warning", message)),
    nextStep() {
      lines = 0;
      counts = { notice: 0, warning: 0, failure: 0 };
    },
  };
}
