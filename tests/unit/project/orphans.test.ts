import { findOrphans, missingMachines, orphanLines, removeOrphans } from "../../../project/orphans";
import { UserError } from "../../../project/userError";
import { resolveSite } from "../../../settings/resolve";

const site = resolveSite("dev", { content: "static" });
const domainOn = (pool: string, network: string) =>
  `<domain><disk><source file='/var/lib/libvirt/images/${pool}/disk.qcow2'/></disk><source network='${network}'/></domain>`;

/** A hypervisor that has what is left of dev, with a machine that its stack file no longer has, and another stack's. */
function hypervisor(volumes: readonly string[] = ["rs1.qcow2", "nfs-data.qcow2"], isActive = true) {
  const domains: Record<string, string> = {
    "lvs-dev-rs1": domainOn("lvs-dev", "lvs-dev"),
    "lvs-dev-former": domainOn("lvs-dev", "lvs-dev-inside"),
    "lvs-dev-2-rs1": domainOn("lvs-dev-2", "lvs-dev-2"),
  };
  const done: string[] = [];
  const answers: Record<string, string> = {
    "list --all --name": Object.keys(domains).join("\n"),
    "net-list --all --name": "default\nlvs-dev\nlvs-dev-inside\nlvs-dev-2\n",
    "pool-list --all --name": "lvs-dev\nlvs-dev-2\n",
    "pool-list --name": isActive ? "lvs-dev\n" : "",
    "vol-list --pool lvs-dev": volumes.map((name) => ` ${name}   /path/${name}\n`).join(""),
    ...Object.fromEntries(Object.entries(domains).map(([name, xml]) => [`dumpxml ${name}`, xml])),
  };
  const virsh = (...args: readonly string[]): string => {
    const line = args.join(" ");
    if (answers[line] !== undefined) return answers[line];
    done.push(line);
    if (line === "destroy lvs-dev-rs1") throw new UserError("domain is not running");
    return "";
  };
  return { virsh, done };
}

test("what a stack left is found by its names and its pool, and nothing of another stack", () => {
  const { virsh, done } = hypervisor();
  const found = findOrphans(site, virsh);
  expect(orphanLines(found, "dev")).toEqual([
    "machines: lvs-dev-rs1, lvs-dev-former",
    "networks: lvs-dev, lvs-dev-inside",
    "pool lvs-dev with rs1.qcow2, nfs-data.qcow2",
  ]);
  expect(done).toEqual([]);
});

test("a pool that is not active is started, to be listed", () => {
  const { virsh, done } = hypervisor([], false);
  expect(findOrphans(site, virsh)).toMatchObject({ volumes: [], hasPool: true });
  expect(done).toEqual(["pool-start lvs-dev"]);
});

test("it is removed, machines first, and a machine that is off is no error", () => {
  const { virsh, done } = hypervisor();
  removeOrphans(findOrphans(site, virsh), "dev", virsh);
  expect(done).toEqual([
    "destroy lvs-dev-rs1",
    "undefine lvs-dev-rs1",
    "destroy lvs-dev-former",
    "undefine lvs-dev-former",
    "net-destroy lvs-dev",
    "net-undefine lvs-dev",
    "net-destroy lvs-dev-inside",
    "net-undefine lvs-dev-inside",
    "vol-delete --pool lvs-dev rs1.qcow2",
    "vol-delete --pool lvs-dev nfs-data.qcow2",
    "pool-destroy lvs-dev",
    "pool-delete lvs-dev",
    "pool-undefine lvs-dev",
  ]);
});

test("where nothing is left there is nothing to say", () => {
  const nothing = findOrphans(site, () => "");
  expect(orphanLines(nothing, "dev")).toEqual([]);
});

test("a machine of the stack that libvirt does not have is missing", () => {
  const { virsh } = hypervisor();
  expect(missingMachines(site, virsh)).toEqual(["director", "rs2"]);
});

test("where libvirt does not answer, the question fails", () => {
  const silent = () => {
    throw new UserError("virsh list --all --name: failed to connect");
  };
  expect(() => missingMachines(site, silent)).toThrow("failed to connect");
});
