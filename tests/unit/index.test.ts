import { outputsVersion, readOutputs } from "../../settings/outputs";
import { exportsOf } from "./programExports";

test("a WordPress site's outputs are read back, and its secrets are marked", async () => {
  const { values, secret } = await exportsOf({});
  expect(readOutputs(values)).toMatchObject({ version: outputsVersion, url: "http://172.16.0.40/" });
  expect(secret).toEqual(["adminPassword", "databasePassword", "operatorKey"]);
});
