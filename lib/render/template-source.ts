/** What rendering reads from this package's own folder; the rest of render is pure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";

export interface Templates {
  readonly workflow: string;
  readonly document: string;
  /** Jobs of which a workflow has some, by what is configured. */
  readonly jobs: Readonly<Record<"test" | "wait" | "regenerate" | "regenerated", string>>;
}

export function readTemplates(): Templates {
  const read = (path: string) => readFileSync(join(packageRoot(), "templates", path), "utf8");
  return {
    workflow: read("workflow.yml"),
    document: read("document.md"),
    jobs: {
      test: read("jobs/test.yml"),
      wait: read("jobs/wait.yml"),
      regenerate: read("jobs/regenerate.yml"),
      regenerated: read("jobs/regenerated.yml"),
    },
  };
}

/** Where the bundled sync program lies, absolute. */
export function programFile(): string {
  return join(packageRoot(), "dist", "sync", "upstream-sync.mjs");
}

/** Where the bundled program of the steps that Terraform runs lies, absolute. */
export function stepsFile(): string {
  return join(packageRoot(), "dist", "sync", "terraform-steps.mjs");
}

/** The bundled sync program. @throws when the package was not built. */
export function readProgram(): string {
  const path = programFile();
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error("dist/sync/upstream-sync.mjs is missing: run npm run build, or reinstall the package");
  }
}
