export default {
  testEnvironment: "node",
  transform: { "^.+\\.ts$": "@swc/jest" },
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  modulePathIgnorePatterns: ["<rootDir>/.lvs/"],
};
