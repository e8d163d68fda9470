import { readFileSync } from "node:fs";

/**
 * The first comment of an entry, which is what a reader of the bundle needs most, and by which a fork's program is known as ours.
 * From the source: the compiler drops it with a first import of types, rollup in any case.
 */
function bannerOf(name) {
  const [comment] = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(`sync/${name}.ts`, "utf8")) ?? [];
  if (comment === undefined) throw new Error(`sync/${name}.ts: expected a comment at its top that says what it is`);
  return comment;
}

/** One readable file: rollup keeps the comments and adds nothing. */
function bundle(entry, file) {
  return {
    input: `dist/sync/${entry}.js`,
    external: /^node:/,
    output: { file: `dist/sync/${file}`, format: "es", banner: bannerOf(entry) },
  };
}

export default [
  // For the fork, whose workflow runs it.
  bundle("main", "upstream-sync.mjs"),
  // Beside the stack, for Terraform.
  bundle("terraform-steps", "terraform-steps.mjs"),
];
