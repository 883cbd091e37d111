import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveSite } from "../../../settings/resolve";
import { machinesOf } from "../../../settings/site";
import type { StackOutputs } from "../../../tools/engines";
import { Lab } from "../../../tools/lab";

let folder: string;
let lab: Lab;

/** An ssh that does `opening` for a connection, and `asking` for a script. */
function ssh(opening: string, asking = "cat"): void {
  const body = `case "\${*: -1}" in true) ${opening} ;; *) ${asking} ;; esac`;
  writeFileSync(join(folder, "ssh"), `#!/usr/bin/env bash\n${body}\n`);
  chmodSync(join(folder, "ssh"), 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lvs-ssh-"));
  const site = resolveSite("dev", { content: "static" });
  const hostKeys = Object.fromEntries(machinesOf(site).map(({ name }) => [name, "ssh-ed25519 AAAA"]));
  lab = new Lab({ site, operatorKey: "", hostKeys } as unknown as StackOutputs);
  lab.sshCommand = () => [join(folder, "ssh")];
});
afterEach(() => {
  lab.close();
  rmSync(folder, { recursive: true });
});

test("a script is asked over a connection that is there", async () => {
  ssh("true");
  expect(await lab.ask("rs1", "hostname")).toEqual({ code: 0, stdout: "hostname", stderr: "" });
});

test("a connection that does not come about keeps nobody longer than they said", async () => {
  ssh("exec sleep 1");
  const started = Date.now();
  expect(await lab.ask("rs1", "hostname", 300)).toMatchObject({ code: 124, stdout: "" });
  expect(Date.now() - started).toBeLessThan(2000);
});

test("what a connection takes is taken from the script's time", async () => {
  ssh("sleep 1", "exec sleep 9");
  const started = Date.now();
  expect((await lab.ask("rs1", "hostname", 2000)).code).toBe(124);
  expect(Date.now() - started).toBeLessThan(2900);
});

test("an ssh that cannot be run is an error for who asks, and tried anew by the next one", async () => {
  const { sshCommand } = lab;
  // Refused by spawn itself, which would let a timer run for a program that is not there.
  lab.sshCommand = () => ["\0"];
  await expect(lab.ask("rs1", "hostname")).rejects.toThrow("null bytes");
  lab.sshCommand = sshCommand;
  ssh("true");
  expect((await lab.ask("rs1", "hostname")).code).toBe(0);
});
