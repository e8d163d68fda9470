/**
 * Lets plain Node import `@actions/workflow-parser`: 0.3.61 imports its schema as a bare `.json`, without the import
 * attribute Node asks for (actions/languageservices#387). Call `registerJsonImports()` before the first dynamic import of
 * `runner/index.ts`. Under Jest no hook is needed.
 */
import { type LoadHook, register } from "node:module";

export function registerJsonImports(): void {
  // This file is its own hook module: Node loads it a second time, in the loader's thread, for the export `load`.
  register(import.meta.url);
}

export const load: LoadHook = (url, context, nextLoad) =>
  url.endsWith(".json")
    ? nextLoad(url, { ...context, importAttributes: { ...context.importAttributes, type: "json" } })
    : nextLoad(url, context);
