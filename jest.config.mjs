export default {
  testEnvironment: "node",
  transform: { "^.+\\.ts$": "@swc/jest" },
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  // Many run the project's own scripts, on a host that may be busy.
  testTimeout: 30_000,
  modulePathIgnorePatterns: ["<rootDir>/.lvs/"],
};
