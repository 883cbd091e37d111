export default {
  testEnvironment: "node",
  transform: { "^.+\\.ts$": "@swc/jest" },
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  // Many run the project's own scripts, on a host that may be busy.
  testTimeout: 30_000,
  // What failed is told once more at the end: the lab tier says thousands of lines before.
  reporters: [["default", { summaryThreshold: 1 }]],
  modulePathIgnorePatterns: ["<rootDir>/.lvs/"],
};
