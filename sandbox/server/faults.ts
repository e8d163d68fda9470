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

export class Faults {
  private planned: { fault: Fault; seen: number }[] = [];

  add(fault: Fault): void {
    this.planned.push({ fault, seen: 0 });
  }

  clear(): void {
    this.planned = [];
  }

  /** The fault that strikes this request. Every matching plan counts it, the first that is due strikes. */
  strike(method: string, path: string): Fault | undefined {
    let struck: Fault | undefined;
    for (const plan of this.planned) {
      const { fault } = plan;
      if (fault.route !== undefined && !routeFits(fault.route, method, path)) continue;
      plan.seen += 1;
      if (plan.seen >= (fault.request ?? 1)) struck ??= fault;
    }
    this.planned = this.planned.filter(({ fault, seen }) => seen < (fault.request ?? 1) + (fault.times ?? 1) - 1);
    return struck;
  }
}
