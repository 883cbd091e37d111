/** The private hypervisor of a checkout: it runs while a command needs it, and ends after the last one. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../project/paths";

const checkout = mkdtempSync(join(tmpdir(), "lvs-hypervisor-"));
cpSync(join(projectRoot, "scripts/host"), join(checkout, "scripts/host"), { recursive: true });
const script = join(checkout, "scripts/host/hypervisor.sh");
const ask = (word: string) => spawnSync(script, [word], { encoding: "utf8" }).stdout.trim();

afterAll(() => {
  ask("stop");
  rmSync(checkout, { recursive: true });
});

test("a down does not end it under an up that has just begun", async () => {
  const up = spawn("bash", ["-c", '"$0" start; read -r', script], { stdio: ["pipe", "pipe", "inherit"] });
  const said = await new Promise<string>((resolve) =>
    up.stdout.once("data", (data: Buffer) => resolve(data.toString().trim())),
  );
  ask("stop");
  const beside = ask("kind");
  up.stdin.end();
  await new Promise((resolve) => up.once("exit", resolve));
  ask("stop");
  // A host with a libvirtd of its own uses that, and no command ends it.
  expect([said, beside, ask("kind")]).toEqual(
    said === "system" ? ["system", "system", "system"] : ["private", "private", "none"],
  );
}, 60_000);
