/** What a stack leaves on this host: nothing, once it is down. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { projectRoot, stateFolder } from "../../project/paths";

/** Runs a command on the client's side of the lab. */
export function beside(...command: string[]): { code: number; output: string } {
  const hypervisor = join(projectRoot, "scripts/host/hypervisor.sh");
  const { status, stdout, stderr } = spawnSync(hypervisor, ["exec", ...command], { encoding: "utf8" });
  return { code: status ?? 1, output: stdout + stderr };
}

/** As `beside`, without waiting. */
export function startBeside(...command: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(projectRoot, "scripts/host/hypervisor.sh"), ["exec", ...command]);
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** What there is of the stack on the hypervisor: domains, networks and pools by name, bridges, files. */
export function traces(stack: string): string[] {
  // A private hypervisor ends with its last stack, and everything of it with that.
  const { output: kind } = beside("bash", "scripts/host/hypervisor.sh", "kind");
  if (kind.trim() === "none")
    return [...filesBelow(join(stateFolder, "hypervisor")), ...netnsOfThisCheckout()];
  const ask = (...args: string[]) => {
    const { code, output } = beside("virsh", "-q", "-c", "qemu:///system", ...args);
    if (code !== 0) throw new Error(output);
    return output.trim().split("\n");
  };
  const named = ["list", "net-list", "pool-list"].flatMap((list) => ask(list, "--all", "--name"));
  const links = beside("ip", "-brief", "link").output.split(/\s+/);
  const disks = beside("find", "/var/lib/libvirt/images", "-path", `*lvs-${stack}*`).output.split("\n");
  return [...named, ...links, ...disks].filter((name) => name.includes(`lvs-${stack}`));
}

function netnsOfThisCheckout(): string[] {
  const name = `lvs-${createHash("sha256").update(projectRoot).digest("hex").slice(0, 8)}`;
  return existsSync(`/run/netns/${name}`) ? [name] : [];
}

/** Files small enough to be read whole. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).size < 16 * 2 ** 20)
    .map((entry) => join(entry.parentPath, entry.name));
}
