import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pulumi } from "../../../engines/pulumi";
import { outputsVersion } from "../../../settings/outputs";
import { resolveSite } from "../../../settings/resolve";

const folder = mkdtempSync(join(tmpdir(), "lvs-cli-"));
const former = { ...process.env };

beforeAll(() => {
  Object.assign(process.env, { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "x" });
});
afterAll(() => {
  process.env = former;
  rmSync(folder, { recursive: true });
});

/** An engine whose command says `stdout` and `stderr` when it is asked for outputs. */
function engineThatSays({ stdout = "", stderr = "" }: { stdout?: string; stderr?: string }) {
  const cli = join(folder, "pulumi");
  for (const [name, text] of Object.entries({ stdout, stderr })) writeFileSync(join(folder, name), text);
  writeFileSync(
    cli,
    `#!/bin/sh\n[ "$1" = version ] && { echo v3.0.0; exit; }\ncat ${folder}/stdout\ncat ${folder}/stderr >&2\n[ ! -s ${folder}/stderr ]\n`,
  );
  chmodSync(cli, 0o755);
  return pulumi(cli);
}

const told = {
  version: outputsVersion,
  site: resolveSite("dev", {}),
  url: "http://172.16.0.40/",
  imageHash: "0123456789ab",
  operatorKey: "key",
  hostKeys: {},
};

test("the engine is described by its version", () => {
  expect(engineThatSays({}).description).toBe("Pulumi v3.0.0");
});

test("the outputs of a stack are read", () => {
  const { outputs } = engineThatSays({ stdout: JSON.stringify(told) });
  expect(outputs("dev")).toMatchObject({ version: outputsVersion, operatorKey: "key" });
});

test("a stack that was taken down, and one that Pulumi does not know, have none", () => {
  expect(engineThatSays({ stdout: "{}" }).outputs("dev")).toBeUndefined();
  expect(engineThatSays({ stderr: "error: no stack named 'dev' found" }).outputs("dev")).toBeUndefined();
});

test.each([
  [
    "a newer version",
    { stdout: JSON.stringify({ ...told, version: outputsVersion + 1 }) },
    `dev: its outputs have version ${outputsVersion + 1}`,
  ],
  [
    "another passphrase",
    { stderr: "error: failed to decrypt: incorrect passphrase" },
    "the outputs of dev cannot be read: error: failed to decrypt: incorrect passphrase",
  ],
])("%s ends the command with one message", (_what, said, message) => {
  expect(() => engineThatSays(said).outputs("dev")).toThrow(message);
});
