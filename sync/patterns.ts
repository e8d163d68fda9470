/**
 * Patterns for paths, as in a `.gitignore` without `!` and `[ ]`, and with `**` only as a whole part; pure. Bytes are compared, as git does, and no pattern
 * takes more than a few steps a character: paths are upstream's, and regular expressions can be made to run for ever.
 * https://git-scm.com/docs/gitignore#_pattern_format
 */
export type Matcher = (rawPath: string) => boolean;

/** @returns whether one of the patterns takes in a path (raw: latin1 text, one character a byte) or a folder above it. */
export function matcher(patterns: readonly string[]): Matcher {
  const all = patterns.map(parse);
  return (rawPath) => {
    const path = rawPath.split("/");
    return all.some((pattern) => takesIn(pattern, path));
  };
}

interface Pattern {
  /** `**` is any number of folders. */
  readonly parts: readonly string[];
  /** Ends in `/`: files alone are not meant. */
  readonly folder: boolean;
}

function parse(text: string): Pattern {
  const raw = Buffer.from(text, "utf8").toString("latin1");
  const folder = raw.endsWith("/");
  const inner = folder ? raw.slice(0, -1) : raw;
  // Only a slash at the start or in the middle ties a pattern to the top.
  const parts = inner.includes("/") ? inner.replace(/^\//, "").split("/") : ["**", inner];
  return { parts, folder };
}

/** Goes through the path once, with all the parts of the pattern that may come next. */
function takesIn({ parts, folder }: Pattern, path: readonly string[]): boolean {
  let open = skipFolders(parts, new Set([0]));
  for (const [index, name] of path.entries()) {
    open = skipFolders(parts, new Set([...open].flatMap((at) => after(parts, at, name))));
    const above = index < path.length - 1;
    if (open.has(parts.length) && (above || !folder)) return true;
  }
  return false;
}

/** Where the pattern stands once its part `at` has met `name`. */
function after(parts: readonly string[], at: number, name: string): number[] {
  const part = parts[at];
  if (part === undefined) return [];
  if (part !== "**") return matchName(part, name) ? [at + 1] : [];
  // At the end it stands for what is inside, so that it takes one name at least.
  return at === parts.length - 1 ? [at, at + 1] : [at];
}

/** `**` before something may stand for no folder at all. */
function skipFolders(parts: readonly string[], open: ReadonlySet<number>): Set<number> {
  const all = new Set(open);
  for (const at of all) if (parts[at] === "**" && at < parts.length - 1) all.add(at + 1);
  return all;
}

/** `*` any characters, `?` one, `\` takes the next as it is. Goes back to the last `*` alone, so it ends soon. */
function matchName(pattern: string, name: string): boolean {
  let [at, position] = [0, 0];
  let star: { readonly at: number; position: number } | undefined;
  while (position < name.length) {
    const sign = pattern[at];
    if (sign === "*") {
      star = { at, position };
      at += 1;
      continue;
    }
    const literal = sign === "\\" ? pattern[at + 1] : sign;
    if (sign !== undefined && (sign === "?" || literal === name[position])) {
      at += sign === "\\" ? 2 : 1;
      position += 1;
      continue;
    }
    if (star === undefined) return false;
    star.position += 1;
    [at, position] = [star.at + 1, star.position];
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
