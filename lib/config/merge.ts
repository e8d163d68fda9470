/** `defaults:` under each fork: objects merge, everything else replaces, and so does what says one thing as a whole. */

export type Mapping = Readonly<Record<string, unknown>>;

// Two ways to say one thing: a fork that chooses the one does not inherit the other.
const alternatives: Readonly<Record<string, readonly string[]>> = {
  tests: ["compose", "run", "checks"],
  upstream: ["repository", "url"],
};

// Half of what is followed and half of what was inherited would follow something nobody wrote.
const wholes: readonly string[] = ["follow"];

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mergeDefaults(defaults: Mapping, own: Mapping): Mapping {
  const kept = Object.entries(defaults).filter(([key]) => !wholes.includes(key) || own[key] === undefined);
  const inherited = kept.map(([key, value]) => [key, withoutAlternatives(value, own[key], alternatives[key] ?? [])]);
  return merge(Object.fromEntries(inherited), own) as Mapping;
}

function withoutAlternatives(value: unknown, chosen: unknown, names: readonly string[]): unknown {
  if (!isMapping(value) || !isMapping(chosen) || !names.some((name) => name in chosen)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !names.includes(key) || key in chosen));
}

function merge(under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (!isMapping(under) || !isMapping(over)) return over;
  const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(under[key], over[key])]));
}
