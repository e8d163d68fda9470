/** What came in and what went out, request by request, with the bytes on the wire. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { GitExchange } from "./http.ts";

export interface LogEntry {
  n: number;
  /** Sandbox clock, ISO. */
  time: string;
  actor: string;
  method: string;
  /** As sent, with its query. */
  path: string;
  /** 0 = the connection ended before an answer was complete. */
  status: number;
  milliseconds: number;
  requestBytes: number;
  responseBytes: number;
  /** One `look-up` is one ls-refs, a `fetch` sent a pack, a `push` received one. */
  git: { repository: string; operation: "look-up" | "fetch" | "push"; transport: "http" | "ssh" } | null;
}

/** What only the application knows of a request; filled while it is handled. */
export interface Annotation {
  actor: string;
  /** Read when the response has ended: a fetch is one only once a pack was seen. */
  git: GitExchange | undefined;
}

const annotations = new WeakMap<IncomingMessage, Annotation>();

export function annotate(request: IncomingMessage, annotation: Annotation): void {
  annotations.set(request, annotation);
}

/** Enough for a long benchmark; a sandbox left running must not grow without end. */
const keptEntries = 100_000;

export class RequestLog {
  private readonly entries: LogEntry[] = [];
  private count = 0;

  /** Number of the next entry. */
  get next(): number {
    return this.count + 1;
  }

  add(entry: Omit<LogEntry, "n">): void {
    this.entries.push({ n: ++this.count, ...entry });
    if (this.entries.length > keptEntries) this.entries.shift();
  }

  since(n: number): LogEntry[] {
    return this.entries.filter((entry) => entry.n >= n);
  }
}

/** Bytes of git requests that are part of an exchange still to come (the advertisement of protocol v2, a negotiation round). */
function createCarried() {
  const carried = new Map<string, { requestBytes: number; responseBytes: number; milliseconds: number }>();
  const keyOf = (git: GitExchange, actor: string): string => `${git.transport} ${git.repository} ${actor}`;
  return {
    put(git: GitExchange, entry: Omit<LogEntry, "n">): void {
      const before = this.take(git, entry.actor);
      carried.set(keyOf(git, entry.actor), {
        requestBytes: before.requestBytes + entry.requestBytes,
        responseBytes: before.responseBytes + entry.responseBytes,
        milliseconds: before.milliseconds + entry.milliseconds,
      });
    },
    take(git: GitExchange, actor: string) {
      const found = carried.get(keyOf(git, actor)) ?? { requestBytes: 0, responseBytes: 0, milliseconds: 0 };
      carried.delete(keyOf(git, actor));
      return found;
    },
  };
}

/**
 * Counts bytes per socket, so that headers and chunk framing are in. A kept-alive connection carries one exchange after
 * the other: each exchange owns what the socket moved since the last one ended.
 */
export function logRequests(server: Server, log: RequestLog, now: () => Date): void {
  const counted = new WeakMap<Socket, { read: number; written: number }>();
  const carried = createCarried();
  const add = (entry: Omit<LogEntry, "n">, git: GitExchange | undefined): void => {
    if (git && git.operation !== null) {
      const first = carried.take(git, entry.actor);
      log.add({
        ...entry,
        milliseconds: entry.milliseconds + first.milliseconds,
        requestBytes: entry.requestBytes + first.requestBytes,
        responseBytes: entry.responseBytes + first.responseBytes,
        git: { repository: git.repository, operation: git.operation, transport: git.transport },
      });
    } else if (git && entry.status > 0 && entry.status < 400) {
      // A refusal is worth an entry of its own, the first half of an exchange is not.
      carried.put(git, entry);
    } else log.add(entry);
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "/";
    if (path.startsWith("/_sandbox/")) return;
    const time = now().toISOString();
    const started = performance.now();
    const { socket } = request;
    let logged = false;
    const record = (status: number): void => {
      if (logged) return;
      logged = true;
      const before = counted.get(socket) ?? { read: 0, written: 0 };
      const after = { read: socket.bytesRead, written: socket.bytesWritten };
      counted.set(socket, after);
      const annotation = annotations.get(request);
      const entry = {
        time,
        actor: annotation?.actor ?? "anonymous",
        method: request.method ?? "",
        path,
        status,
        milliseconds: Math.round(performance.now() - started),
        requestBytes: after.read - before.read,
        responseBytes: after.written - before.written,
        git: null,
      };
      add(entry, annotation?.git);
    };
    response.once("finish", () => record(response.statusCode));
    response.once("close", () => record(0));
  });
}
