/** The exports of index.ts, for tests. */
import * as pulumi from "@pulumi/pulumi";
import { outputNames } from "../../settings/outputs";
import { resolveSite } from "../../settings/resolve";
import { graphFrom } from "./components/graph";

// What this host has is not looked at.
jest.mock("../../preflight/host", () => ({ checkHost: () => ({ ownMachines: {} }) }));
jest.mock("../../preflight/stackFile", () => ({
  readStackFile: () => mockSettings,
  hasSecrets: () => mockHasSecrets,
}));
let mockSettings = resolveSite("dev", {});
let mockHasSecrets = false;

/**
 * Runs the program and resolves with each output's value, and the names of secret outputs. Once per test file, because the
 * program still registers resources when its outputs are known.
 */
export async function exportsOf(raw: Record<string, unknown>, hasSecrets = false) {
  mockSettings = resolveSite("dev", raw);
  mockHasSecrets = hasSecrets;
  let asked: Promise<unknown> = Promise.resolve();
  await graphFrom(() => {
    jest.isolateModules(() => {
      asked = import("../../index");
    });
  });
  const exported = (await asked) as Record<string, unknown>;
  const values: Record<string, unknown> = {};
  const secret: string[] = [];
  for (const name of outputNames) {
    const output: pulumi.Output<unknown> = pulumi.output(exported[name]);
    values[name] = await new Promise((done) => output.apply(done));
    if (await pulumi.isSecret(output)) secret.push(name);
  }
  return { values, secret };
}
