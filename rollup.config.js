// One readable file for the fork: rollup keeps the comments and adds nothing.
export default {
  input: "dist/sync/main.js",
  external: /^node:/,
  output: { file: "dist/sync/upstream-sync.mjs", format: "es" },
};
