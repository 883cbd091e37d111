import * as pulumi from "@pulumi/pulumi";
import { outputNames, outputsVersion, readOutputs } from "../../settings/outputs";
import { resolveSite } from "../../settings/resolve";
import { graphFrom } from "./components/graph";

// What this host has is not looked at.
jest.mock("../../preflight/host", () => ({ checkHost: () => undefined }));
jest.mock("../../preflight/stackFile", () => ({
  readStackFile: () => mockSettings,
  hasSecrets: () => mockHasSecrets,
}));
let mockSettings = resolveSite("dev", {});
let mockHasSecrets = false;
afterEach(() => (mockHasSecrets = false));

/** What the program exports: each output's value, and which outputs are secret. */
async function exportsOf(raw: Record<string, unknown>) {
  mockSettings = resolveSite("dev", raw);
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

test("a WordPress site's outputs are read back, and its secrets are marked", async () => {
  const { values, secret } = await exportsOf({});
  expect(readOutputs(values)).toMatchObject({ version: outputsVersion, url: "http://172.16.0.40/" });
  expect(secret).toEqual(["adminPassword", "databasePassword", "operatorKey"]);
});

test("the site is secret as a whole when a value of the stack file is encrypted", async () => {
  mockHasSecrets = true;
  const { secret } = await exportsOf({});
  expect(secret).toEqual(["site", "adminPassword", "databasePassword", "operatorKey"]);
});
