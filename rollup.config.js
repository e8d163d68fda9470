import { readFileSync } from "node:fs";

/** Rollup drops the entry's own first comment, which is what a reader of the file in the fork needs most. */
const banner = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync("dist/sync/main.js", "utf8").replace(/^#!.*\n/, ""))?.[0] ?? "";

// One readable file for the fork: rollup keeps the comments and adds nothing.
export default {
  input: "dist/sync/main.js",
  external: /^node:/,
  output: { file: "dist/sync/upstream-sync.mjs", format: "es", banner },
};
