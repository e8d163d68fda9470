/** What of a range reviewers read first: rules over paths and modes, nothing of the contents; pure. */
import type { Change } from "./graph.ts";

export interface Risk {
  readonly title: string;
  readonly paths: readonly string[];
}

const NAMES = (...names: string[]) => new RegExp(`(?:^|/)(?:${names.join("|")})$`, "i");
const BELOW = (...folders: string[]) => new RegExp(`(?:^|/)(?:${folders.join("|")})/`, "i");
const either =
  (...patterns: readonly RegExp[]) =>
  ({ path }: Change) =>
    patterns.some((pattern) => pattern.test(path));

/** In the order of the list; a file stands in the first that fits. */
const RULES: readonly { readonly title: string; readonly fits: (change: Change) => boolean }[] = [
  {
    title: "Submodules: other repositories, at other commits",
    fits: (change) =>
      change.before === "160000" || change.after === "160000" || /(?:^|\/)\.gitmodules$/.test(change.path),
  },
  {
    title: "Licence",
    fits: either(/(?:^|\/)(?:licen[cs]e|copying|notice|patents)(?:[-.][^/]*)?$/i, BELOW("licenses")),
  },
  { title: "Code owners", fits: either(/^(?:\.github\/|docs\/)?CODEOWNERS$/) },
  {
    title: "CI: what runs, and with which rights",
    fits: either(
      /^\.(?:github\/(?:workflows|actions)|circleci|buildkite|gitlab|woodpecker)\//,
      NAMES("\\.gitlab-ci\\.yml", "Jenkinsfile", "azure-pipelines\\.ya?ml", "\\.travis\\.yml", "action\\.ya?ml"),
      /^\.github\/(?:dependabot|renovate)[^/]*$/,
    ),
  },
  {
    title: "Run at install or build, on every machine",
    fits: either(
      NAMES("\\.npmrc", "\\.yarnrc(?:\\.yml)?", "\\.pnpmfile\\.c?js", "setup\\.py", "build\\.rs", "binding\\.gyp"),
      NAMES("\\.envrc", "Makefile", "conftest\\.py", "(?:pre|post)?install[^/]*\\.(?:sh|js|cjs|mjs|ts|py|ps1)"),
      BELOW("\\.husky", "\\.githooks", "\\.devcontainer", "\\.vscode"),
      NAMES("\\.pre-commit-config\\.yaml", "\\.gitattributes"),
    ),
  },
  {
    title: "Dependencies: manifests and lock files",
    fits: either(
      NAMES("package(?:-lock)?\\.json", "npm-shrinkwrap\\.json", "yarn\\.lock", "pnpm-(?:lock|workspace)\\.yaml"),
      NAMES("bun\\.lockb?", "deno\\.(?:jsonc?|lock)", "[^/]*requirements[^/]*\\.(?:txt|in)", "constraints[^/]*\\.txt"),
      NAMES(
        "pyproject\\.toml",
        "setup\\.cfg",
        "Pipfile(?:\\.lock)?",
        "(?:poetry|uv|pdm)\\.lock",
        "environment\\.ya?ml",
      ),
      NAMES(
        "Cargo\\.(?:toml|lock)",
        "go\\.(?:mod|sum|work)",
        "Gemfile(?:\\.lock)?",
        "[^/]+\\.gemspec",
        "mix\\.(?:exs|lock)",
      ),
      NAMES(
        "composer\\.(?:json|lock)",
        "pom\\.xml",
        "[^/]+\\.gradle(?:\\.kts)?",
        "gradle\\.lockfile",
        "[^/]+\\.versions\\.toml",
      ),
      NAMES(
        "[^/]+\\.(?:cs|fs|vb)proj",
        "packages\\.lock\\.json",
        "Directory\\.Packages\\.props",
        "flake\\.(?:nix|lock)",
      ),
      BELOW("requirements"),
    ),
  },
  {
    title: "Containers",
    fits: either(
      NAMES("(?:Docker|Container)file(?:\\.[^/]+)?", "[^/]+\\.dockerfile", "(?:docker-)?compose[^/]*\\.ya?ml"),
    ),
  },
  { title: "Migrations of data", fits: either(BELOW("migrations?", "migrate", "alembic"), /\.sql$/i) },
  {
    title: "Binaries: no diff shows what they do",
    fits: either(/\.(?:exe|dll|so|dylib|a|o|jar|war|class|pyc|whl|wasm|node|bin|dat|zip|tar|t?gz|xz|7z|deb|rpm|apk)$/i),
  },
  { title: "Symbolic links", fits: ({ before, after }) => after === "120000" && before !== after },
  { title: "Made executable", fits: ({ before, after }) => after === "100755" && before !== after },
];

export function risksOf(changes: readonly Change[]): Risk[] {
  const sorted = changes.map((change) => [RULES.find(({ fits }) => fits(change))?.title, change.path] as const);
  return RULES.map(({ title }) => ({
    title,
    paths: sorted.flatMap(([of, path]) => (of === title ? [path] : [])),
  })).filter(({ paths }) => paths.length > 0);
}
