/** Which files of the repository a test plan needs, as far as the config and its commands tell. */
import type { ForkConfig } from "../config/schema.ts";
import { trustedPaths } from "../config/test-plan.ts";

/** Tools that read one file of a fixed name. */
const toolFiles: Readonly<Record<string, string>> = {
  npm: "package.json",
  npx: "package.json",
  pnpm: "package.json",
  yarn: "package.json",
  bun: "package.json",
  make: "Makefile",
  cargo: "Cargo.toml",
  go: "go.mod",
  mvn: "pom.xml",
  poetry: "pyproject.toml",
  tox: "tox.ini",
};

const script = /^(?:\.\/)?(?<path>[\w.-]+(?:\/[\w.-]+)*\.(?:sh|bash|py|js|mjs|cjs|ts|rb|pl))$/;

/** Paths from the top of the repository, files and folders, each once; empty when nothing names one. */
export function testEntries(tests: ForkConfig["tests"]): readonly string[] {
  return [...new Set([...begins(tests), ...trustedPaths(tests)])];
}

function begins(tests: ForkConfig["tests"]): readonly string[] {
  if ("compose" in tests) return [tests.compose.file];
  if ("checks" in tests) return [];
  return tests.run.flatMap(entryOf);
}

function entryOf(command: string): string[] {
  const words = (command.trim().split("\n", 1)[0] as string).split(/\s+/);
  const [program = ""] = words;
  if (/^\.\/[\w./-]+$/.test(program)) return [program.slice(2)];
  const named = toolFiles[program];
  if (named !== undefined) return [named];
  const file = words.map((word) => script.exec(word)?.groups?.path).find((path) => path !== undefined);
  return file === undefined ? [] : [file];
}
