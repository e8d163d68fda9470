/** Reads variables and collects what is wrong with them, so that every problem is told at once. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** Raised with every missing or malformed variable; the caller ends with exit code 2. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`upstream-sync cannot start:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "SettingsError";
    this.problems = problems;
  }
}

export const SHA = /^[0-9a-f]{40}$/;

export type Reader = ReturnType<typeof reader>;

export function complete<T>(environment: Environment, build: (read: Reader) => T): T {
  const read = reader(environment);
  const settings = build(read);
  if (read.problems.length > 0) throw new SettingsError(read.problems);
  return settings;
}

function reader(environment: Environment) {
  const problems: string[] = [];
  const optional = (name: string): string => environment[name] ?? "";
  const text = (name: string): string => {
    const value = optional(name);
    // An expression that finds nothing fills in an empty string, so empty counts as missing.
    if (value === "") problems.push(`${name} is missing`);
    return value;
  };
  const matching = (name: string, pattern: RegExp, expected: string): string => {
    const value = text(name);
    if (value !== "" && !pattern.test(value))
      problems.push(`${name} is ${JSON.stringify(value)}, expected ${expected}`);
    return value;
  };
  const oneOf = <const T extends string>(name: string, allowed: readonly T[]): T => {
    const value = text(name);
    const found = allowed.find((one) => one === value);
    if (found === undefined && value !== "") {
      problems.push(`${name} is ${JSON.stringify(value)}, expected one of ${allowed.join(", ")}`);
    }
    return found ?? (allowed[0] as T);
  };
  const optionalSha = (name: string): string | undefined =>
    environment[name] ? matching(name, SHA, "a commit id of 40 hexadecimal digits, or nothing") : undefined;
  /** @param parse answers undefined for what it cannot read; `otherwise` keeps the reading going. */
  const parsed = <T>(name: string, parse: (value: string) => T | undefined, expected: string, otherwise: T): T => {
    const value = text(name);
    const read = value === "" ? undefined : parse(value);
    if (value !== "" && read === undefined) problems.push(`${name} is not ${expected}`);
    return read ?? otherwise;
  };
  const json = <T>(name: string, parse: (value: unknown) => T | undefined, expected: string, otherwise: T): T =>
    parsed(name, (value) => parse(parseJson(value)), expected, otherwise);
  return { problems, optional, text, matching, oneOf, optionalSha, parsed, json };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
