/** Traces of a stack on this host. There must be none once it is down. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { projectRoot, stateFolder } from "../../project/paths";

/** Runs a command on the client's side of the lab. Returns its exit code and output. */
export function beside(...command: string[]): { code: number; output: string } {
  const hypervisor = join(projectRoot, "scripts/host/hypervisor.sh");
  const { status, stdout, stderr } = spawnSync(hypervisor, ["exec", ...command], { encoding: "utf8" });
  return { code: status ?? 1, output: stdout + stderr };
}

/** Like `beside`, but asynchronous. */
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

/** Returns the traces of a stack on the hypervisor: names of domains, networks and pools, bridges, and files. */
export function traces(stack: string): string[] {
  // A private hypervisor ends with its last stack, and takes its domains, networks and pools with it. Only files and
  // the network namespace could remain.
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

/** Returns all files below `folder` that are smaller than 16 MiB. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return (
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // Another stack's command may have removed the file since.
      .filter((file) => (statSync(file, { throwIfNoEntry: false })?.size ?? Infinity) < 16 * 2 ** 20)
  );
}
