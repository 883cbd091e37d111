import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveSite } from "../../../settings/resolve";
import { machinesOf } from "../../../settings/site";
import type { StackOutputs } from "../../../settings/outputs";
import { RunningSite } from "../../../running/runningSite";

let folder: string;
let running: RunningSite;
/** The lab's own. */
let sshCommand: RunningSite["sshCommand"];

/** An ssh that does `opening` for a connection, and `asking` for a script; notes what it opened and ended. */
function ssh(opening: string, asking = "cat"): void {
  const note = `echo "$*" >>'${join(folder, "said")}'`;
  const body = `case "$*" in true) ${note}; ${opening} ;; "-O exit") ${note} ;; *) ${asking} ;; esac`;
  writeFileSync(join(folder, "ssh"), `#!/usr/bin/env bash\n${body}\n`);
  chmodSync(join(folder, "ssh"), 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lvs-ssh-"));
  const site = resolveSite("dev", { content: "static" });
  const hostKeys = Object.fromEntries(machinesOf(site).map(({ name }) => [name, "ssh-ed25519 AAAA"]));
  running = new RunningSite({ site, operatorKey: "", hostKeys } as unknown as StackOutputs);
  sshCommand = running.sshCommand.bind(running);
  running.sshCommand = () => [join(folder, "ssh")];
});
afterEach(() => {
  running.close();
  rmSync(folder, { recursive: true });
});

test("a script is asked over a connection that is there", async () => {
  ssh("true");
  expect(await running.exec("rs1", "hostname")).toEqual({ code: 0, stdout: "hostname", stderr: "" });
});

test("a connection that does not come about keeps nobody longer than they said", async () => {
  ssh("exec sleep 1");
  const started = Date.now();
  expect(await running.exec("rs1", "hostname", 300)).toMatchObject({ code: 124, stdout: "" });
  expect(Date.now() - started).toBeLessThan(2000);
});

test("what a connection takes is taken from the script's time", async () => {
  ssh("sleep 1", "exec sleep 9");
  const started = Date.now();
  expect((await running.exec("rs1", "hostname", 2000)).code).toBe(124);
  expect(Date.now() - started).toBeLessThan(2900);
});

test("a connection is opened once, anew when it was cut off, and ended with the lab", async () => {
  const socket = /ControlPath=(\S+)/.exec(sshCommand("rs1").join(" "))![1]!;
  const answers = join(folder, "answers");
  writeFileSync(answers, "0\n255\n0\n");
  ssh(`touch ${socket}`, `read -r code <${answers}; sed -i 1d ${answers}; exit "$code"`);
  const codes = [];
  for (const script of ["1", "2", "3"]) codes.push((await running.exec("rs1", script)).code);
  expect(codes).toEqual([0, 255, 0]);
  running.close();
  expect(readFileSync(join(folder, "said"), "utf8")).toBe("true\ntrue\n-O exit\n");
});

test("an ssh that cannot be run is an error for who asks, and tried anew by the next one", async () => {
  const fake = running.sshCommand;
  // Refused by spawn itself, which would let a timer run for a program that is not there.
  running.sshCommand = () => ["\0"];
  await expect(running.exec("rs1", "hostname")).rejects.toThrow("null bytes");
  running.sshCommand = fake;
  ssh("true");
  expect((await running.exec("rs1", "hostname")).code).toBe(0);
});
