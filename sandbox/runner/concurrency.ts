/**
 * Concurrency groups: one run in progress and one pending per group; a newer pending run cancels the older one
 * (docs.github.com/actions/concepts/workflows-and-actions/concurrency). Group names ignore case.
 */

export interface Place {
  /** Aborted when a newer run with `cancel-in-progress` takes the group over. */
  readonly signal: AbortSignal;
  /** To be called once, however the run ends. */
  leave(): void;
}

interface Run {
  readonly takeover: AbortController;
  /** Answers the waiting `enter`. */
  readonly admit: (place: Place | undefined) => void;
}

/** One for all repositories of a sandbox; put the repository's name into the group's. */
export class ConcurrencyGroups {
  readonly #groups = new Map<string, { running: Run; pending: Run | undefined }>();

  /** Waits for the group. Undefined: cancelled while pending, by a newer run or by `signal`. */
  enter(name: string, options: { cancelInProgress: boolean; signal: AbortSignal }): Promise<Place | undefined> {
    const key = name.toLowerCase();
    if (options.signal.aborted) return Promise.resolve(undefined);
    return new Promise((admit) => {
      const run: Run = { takeover: new AbortController(), admit };
      const group = this.#groups.get(key);
      if (!group) {
        this.#groups.set(key, { running: run, pending: undefined });
        admit(this.#place(key, run));
        return;
      }
      group.pending?.admit(undefined);
      group.pending = run;
      if (options.cancelInProgress) group.running.takeover.abort();
      options.signal.addEventListener("abort", () => this.#withdraw(key, run), { once: true });
    });
  }

  #place(key: string, run: Run): Place {
    return { signal: run.takeover.signal, leave: () => this.#leave(key, run) };
  }

  #withdraw(key: string, run: Run): void {
    const group = this.#groups.get(key);
    if (group?.pending !== run) return;
    group.pending = undefined;
    run.admit(undefined);
  }

  #leave(key: string, run: Run): void {
    const group = this.#groups.get(key);
    if (group?.running !== run) return;
    const next = group.pending;
    if (!next) {
      this.#groups.delete(key);
      return;
    }
    this.#groups.set(key, { running: next, pending: undefined });
    next.admit(this.#place(key, next));
  }
}
