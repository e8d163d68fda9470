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
      testPathIgnorePatterns: [...ignored, "\\.e2e\\.test\\.ts$"],
    },
    {
      ...shared,
      displayName: "e2e",
      testTimeout: 60_000,
      testMatch: ["**/*.e2e.test.ts"],
      testPathIgnorePatterns: ignored,
    },
  ],
  // Five seconds are not enough for a test with git in it on a machine that does other work as well.
  testTimeout: 30_000,
  // Jest leaves a core free by default; on two cores that is half of the machine.
  maxWorkers: "100%",
  testSequencer: "<rootDir>/test/support/stories-first.js",
  reporters: ["default", "<rootDir>/test/support/closing-line.js"],
};
