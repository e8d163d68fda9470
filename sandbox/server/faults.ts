/** Failures made on purpose: an answer that is not the handler's, or a connection that breaks. Over ssh a git service is "SSH /owner/name/git-…". */

export interface Fault {
  /** "GET /repos/:owner/:repo": `:name` is one segment, a last `*` any number; the method may be left out. */
  route?: string;
  /** Only the Nth matching request from now (1 = the next). */
  request?: number;
  /** Default 1. */
  times?: number;
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** The socket is destroyed instead of an answer. */
  cut?: boolean;
  /** The answer breaks off after so many bytes of its body (over ssh: of what git sends). */
  cutAfterBytes?: number;
  /** GitHub's answer to too much at once, with this many seconds in `retry-after`. */
  secondaryLimit?: number;
  /** "after": the handler has done its work, and only the answer is lost. Default "before". */
  when?: "before" | "after";
  /** From the request that is struck on, every connection is cut, until the faults are cleared. */
  outage?: boolean;
  /** With the connection the running workflow jobs' processes end, by SIGKILL: a machine that is gone. */
  kill?: boolean;
}

/** Whether a route pattern fits a request; pure. Segments are compared as sent, still encoded. */
export function routeFits(route: string, method: string, path: string): boolean {
  const [first = "", second] = route.trim().split(/\s+/);
  const [wantedMethod, pattern] = second === undefined ? ["*", first] : [first, second];
  if (wantedMethod !== "*" && wantedMethod.toUpperCase() !== method.toUpperCase()) return false;
  const wanted = pattern.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  const open = wanted.at(-1) === "*";
  const fixed = open ? wanted.slice(0, -1) : wanted;
  if (open ? given.length < fixed.length : given.length !== fixed.length) return false;
  return fixed.every((segment, index) => segment.startsWith(":") || segment === given[index]);
}

/** A run of the largest set-up makes some hundreds of requests. */
const rememberedRequests = 10_000;

export class Faults {
  /** "METHOD /path" of each request since the last `clear`: the schedule for cutting at every one in turn. */
  readonly seen: string[] = [];
  private readonly killJobs: () => void;
  private planned: { fault: Fault; seen: number }[] = [];
  private outage: Fault | undefined;

  constructor(killJobs: () => void = () => undefined) {
    this.killJobs = killJobs;
  }

  add(fault: Fault): void {
    this.planned.push({ fault, seen: 0 });
  }

  clear(): void {
    this.planned = [];
    this.outage = undefined;
    this.seen.length = 0;
  }

  /** The fault that strikes this request. Every matching plan counts it, the first that is due strikes. */
  strike(method: string, path: string): Fault | undefined {
    if (this.seen.length < rememberedRequests) this.seen.push(`${method} ${path}`);
    let struck = this.outage;
    for (const plan of this.planned) {
      const { fault } = plan;
      if (fault.route !== undefined && !routeFits(fault.route, method, path)) continue;
      plan.seen += 1;
      if (plan.seen >= (fault.request ?? 1)) struck ??= fault;
    }
    this.planned = this.planned.filter(({ fault, seen }) => seen < (fault.request ?? 1) + (fault.times ?? 1) - 1);
    if (struck?.outage) this.outage ??= { cut: true, ...(struck.kill ? { kill: true } : {}) };
    return struck;
  }

  /** What a fault does besides spoiling the answer. */
  carryOut(fault: Fault): void {
    if (fault.kill) this.killJobs();
  }
}
