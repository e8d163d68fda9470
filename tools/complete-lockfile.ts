/**
 * Adds to package-lock.json the optional packages of other platforms that the registry in use does not serve: npm leaves them out,
 * and `npm ci` then refuses the file ("Missing: … from lock file"). Run after `npm install` on such a machine; adds nothing elsewhere.
 * See docs/decisions/0008-lockfile-for-every-platform.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../lib/package-root.ts";

interface Entry {
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

// The words by which binary packages name their platform, and npm's own word for it.
const systems = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"];

const file = join(packageRoot(), "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, Entry> };
const added: Record<string, object> = {};
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${place}/node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    const exact = /^\d/.test(version);
    if (exact && !(nested in lock.packages) && !(hoisted in lock.packages))
      added[hoisted] = entryOf(name, version, entry);
  }
}
const { "": root, ...others } = { ...lock.packages, ...added };
const sorted = Object.fromEntries(Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: { "": root, ...sorted } }, null, 2)}\n`);
process.stderr.write(`${Object.keys(added).length} packages of other platforms added\n`);

function entryOf(name: string, version: string, parent: Entry): object {
  const words = name.split(/[-/]/);
  const system = words.find((word) => systems.includes(word));
  const processor = words.find((word) => processors.includes(word));
  const libc = name.includes("musl") ? "musl" : system === "linux" && name.includes("gnu") ? "glibc" : undefined;
  return {
    version,
    ...(processor ? { cpu: [processor] } : {}),
    ...(parent.dev ? { dev: true } : {}),
    optional: true,
    ...(libc ? { libc: [libc] } : {}),
    ...(system ? { os: [system] } : {}),
  };
}
