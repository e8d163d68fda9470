import { readFileSync } from "node:fs";

/** Rollup drops the entry's own first comment, which is what a reader of the bundle needs most. */
function bannerOf(file) {
  return /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(file, "utf8").replace(/^#!.*\n/, ""))?.[0] ?? "";
}

/** One readable file: rollup keeps the comments and adds nothing. */
function bundle(input, file) {
  return { input, external: /^node:/, output: { file, format: "es", banner: bannerOf(input) } };
}

export default [
  // For the fork, whose workflow runs it.
  bundle("dist/sync/main.js", "dist/sync/upstream-sync.mjs"),
  // Beside the stack, for Terraform.
  bundle("dist/sync/terraform-steps.js", "dist/sync/terraform-steps.mjs"),
];
