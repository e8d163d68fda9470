/** What the design has decided and this version does not do. Whoever builds one of these deletes its row. */
import type { Complaint } from "./problems.ts";

interface NotYet {
  /** Key of a fork, from its top. */
  readonly path: readonly string[];
  /** Whether this value, as written, asks for the missing thing. */
  readonly asksForIt: (value: unknown) => boolean;
  readonly fix: string;
}

const given = (value: unknown) => value !== undefined;
const several = (value: unknown) =>
  typeof value === "object" && value !== null && ["compose", "run", "checks"].filter((key) => key in value).length > 1;

export const notYet: readonly NotYet[] = [
  { path: ["routes"], asksForIt: given, fix: "remove it: a fork has one route, upstream.branch to branches.target" },
  { path: ["tests"], asksForIt: several, fix: "keep one of compose, run and checks" },
];

/** Reserved keys: known to the format, so never reported as typing errors. */
export const reservedKeys: readonly string[] = ["routes"];

export function notYetComplaints(
  fork: Readonly<Record<string, unknown>>,
): { path: readonly string[]; got: unknown; complaint: Complaint }[] {
  return notYet.flatMap(({ path, asksForIt, fix }) => {
    const got = valueAt(fork, path);
    if (!asksForIt(got)) return [];
    const what = asksForIt === given ? "no such key" : "another value";
    return [{ path, got, complaint: { expected: `${what}: this is not available in this version`, fix } }];
  });
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}
