import { availableParallelism } from "node:os";

const shared = {
  testEnvironment: "node",
  // Its clean-up of globals recurses without end when a process of a timed-out test ends late (execa's signal-exit), and hides the result.
  testEnvironmentOptions: { globalsCleanup: "off" },
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2023", parser: { syntax: "typescript" } } }],
  },
};
const ignored = ["/node_modules/", "/dist/"];

export default {
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["**/*.test.ts"],
      testPathIgnorePatterns: [...ignored, "\\.(?:e2e|full)\\.test\\.ts$"],
    },
    {
      ...shared,
      displayName: "e2e",
      testTimeout: 60_000,
      testMatch: ["**/*.e2e.test.ts"],
      testPathIgnorePatterns: ignored,
    },
    {
      ...shared,
      // What `npm test` has no time for: `npm run test:full`.
      displayName: "full",
      testTimeout: 120_000,
      testMatch: ["**/*.full.test.ts"],
      testPathIgnorePatterns: ignored,
    },
  ],
  // Five seconds are not enough for a test with git in it on a machine that does other work as well.
  testTimeout: 30_000,
  // Jest leaves a core free by default. More than there are: many tests wait for a server, a terminal or a clock.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testSequencer: "<rootDir>/test/support/stories-first.js",
  reporters: ["default", "<rootDir>/test/support/closing-line.js"],
};
