import * as pulumi from "@pulumi/pulumi";
import { recipeHash } from "../../../components/goldenImage";
import type { StandingMachines } from "../../../components/rollout";
import { Site } from "../../../components/site";
import { libvirtNameOf } from "../../../settings/hypervisor";
import { resolveSite } from "../../../settings/resolve";
import { type MachineSettings, type SiteSettings, machinesOf } from "../../../settings/site";
import { identityString, kernelCommandLine } from "../../../templates/machine";
import { type Node, domain, filesOf, find, graphFrom, ofType, plain, remoteCommand } from "./graph";

/** A domain as `virsh dumpxml` prints it, with other keys than the new one gets. */
function dump(site: SiteSettings, machine: MachineSettings): string {
  const entry = identityString({ machine, authorizedKey: "ssh-ed25519 OLD", hostKey: "OLD" });
  return `<domain type='qemu' id='7'>
  <name>${libvirtNameOf(site, machine)}</name>
  <memory unit='KiB'>${machine.memoryMiB * 1024}</memory>
  <currentMemory unit='KiB'>${machine.memoryMiB * 1024}</currentMemory>
  <vcpu placement='static'>${machine.vcpus}</vcpu>
  <sysinfo type='smbios'><oemStrings><entry>${entry}</entry></oemStrings></sysinfo>
  <os><cmdline>${kernelCommandLine(machine)}</cmdline></os>
  <devices>
    <disk type='file'><source file='/var/lib/libvirt/images/lvs-dev/${machine.name}-${recipeHash("trixie")}.qcow2' index='1'/></disk>
    <disk type='file'><source file='/var/lib/libvirt/images/lvs-dev/${machine.name}-data.qcow2'/></disk>
    ${machine.nics.map(({ mac }) => `<interface><mac address='${mac}'/><source network='lvs-dev' portid='1' bridge='b'/></interface>`).join("")}
  </devices>
</domain>`;
}

const dumps = (site: SiteSettings, machines = machinesOf(site)): StandingMachines =>
  Object.fromEntries(machines.map((machine) => [libvirtNameOf(site, machine), dump(site, machine)]));

const graphOn = (after: SiteSettings, standing: StandingMachines): Promise<readonly Node[]> =>
  graphFrom((opts) => new Site("site", after, standing, opts));

/** What each domain waits for, by its name. */
async function waits(graph: readonly Node[]): Promise<Record<string, string>> {
  const nameOf = (urn: string) => graph.find((node) => node.urn === urn)?.name;
  const entries = await Promise.all(
    ofType(graph, domain).map(async ({ name, opts }) => {
      const resources = (opts.dependsOn ?? []) as pulumi.Resource[];
      const urns = await Promise.all(
        resources.map(({ urn }) => new Promise<string>((done) => urn.apply(done))),
      );
      return [name, urns.map(nameOf).join()] as const;
    }),
  );
  return Object.fromEntries(entries.filter(([, text]) => text !== ""));
}

const pairOf = (memoryMiB?: number) =>
  resolveSite("dev", {
    directors: 2,
    director: { manager: "keepalived", memoryMiB },
    realServers: [{ memoryMiB }, { memoryMiB }],
    nfs: { memoryMiB },
    mysql: { memoryMiB, replica: true },
  });

test("the machines of a new site wait for nobody", async () => {
  expect(await waits(await graphOn(pairOf(), {}))).toEqual({});
});

test("nor do those that stay as they are, whatever keys they have", async () => {
  expect(await waits(await graphOn(pairOf(), dumps(pairOf())))).toEqual({});
});

test("machines that are replaced go one after another: what has another one beside it first", async () => {
  expect(await waits(await graphOn(pairOf(1000), dumps(pairOf())))).toEqual({
    "rs2-domain": "rs1-guest-real-server",
    "director2-domain": "rs2-guest-real-server",
    "director-domain": "director2-guest-director",
    "mysql2-domain": "director-guest-director",
    "mysql-domain": "mysql2-guest-mysql-server",
    "nfs-domain": "mysql-guest-mysql-server",
  });
});

test("a machine that is replaced waits only for the one before it that is replaced too", async () => {
  const after = resolveSite("dev", { realServers: [{ memoryMiB: 1000 }, {}, { memoryMiB: 1000 }] });
  const before = resolveSite("dev", { realServers: [{}, {}, {}] });
  expect(await waits(await graphOn(after, dumps(before)))).toEqual({
    "rs3-domain": "rs1-guest-real-server",
  });
});

test("a machine that pushes web files is replaced at once: a real server is ready only after a push", async () => {
  const pushed = (memoryMiB?: number) =>
    resolveSite("dev", {
      wordpress: { shared: "uploads" },
      sync: "lsyncd",
      realServers: [{ memoryMiB }, { memoryMiB }],
      nfs: { memoryMiB },
      mysql: { memoryMiB },
    });
  expect(await waits(await graphOn(pushed(1000), dumps(pushed())))).toEqual({
    "rs2-domain": "rs1-guest-real-server",
    "mysql-domain": "rs2-guest-real-server",
  });
});

test("a new machine waits for nobody, beside others that are replaced", async () => {
  const before = resolveSite("dev", { realServers: [{}] });
  const after = resolveSite("dev", { realServers: [{ memoryMiB: 1000 }, { memoryMiB: 1000 }] });
  expect(await waits(await graphOn(after, dumps(before)))).toEqual({});
});

test.each<[string, Record<string, unknown>]>([
  ["CPUs", { realServers: [{ vcpus: 2 }, { vcpus: 2 }] }],
  ["an image", { image: { hash: "0123456789ab" } }],
  ["addresses", { realServers: [{ address: "172.16.0.60" }, { address: "172.16.0.61" }] }],
])("another number or kind of %s replaces both real servers, one after the other", async (_what, change) => {
  const graph = await graphOn(resolveSite("dev", change), dumps(resolveSite("dev", {})));
  expect(await waits(graph)).toMatchObject({ "rs2-domain": "rs1-guest-real-server" });
});

describe("before a machine is replaced", () => {
  let graph: readonly Node[];
  beforeAll(async () => {
    graph = await graphOn(pairOf(), {});
  });
  const urnOf = ({ opts }: Node) =>
    new Promise<string>((done) => (opts.deletedWith as pulumi.Resource).urn.apply(done));

  test("each director drains a real server, and nothing runs when the site is new", async () => {
    const leaving = ofType(graph, remoteCommand).filter(({ name }) => /^rs\d-leaves-/.test(name));
    expect(leaving.map(({ name }) => name).toSorted()).toEqual([
      "rs1-leaves-director",
      "rs1-leaves-director2",
      "rs2-leaves-director",
      "rs2-leaves-director2",
    ]);
    for (const { inputs } of leaving) expect(inputs).not.toHaveProperty("create");
    const one = find(graph, "rs1-leaves-director2");
    expect(plain(one.inputs)).toMatchObject({
      delete: "[ ! -x /usr/local/sbin/lvs-director ] || sudo lvs-director leave rs1",
      triggers: ["rs1-domain-id"],
      connection: { host: "172.16.0.30" },
    });
    expect(one.opts).toMatchObject({ deleteBeforeReplace: true });
    expect(await urnOf(one)).toBe(find(graph, "director2-domain").urn);
  });

  test("a director of a pair hands over, but not when the whole site is taken down", async () => {
    const one = find(graph, "director-leaves");
    expect(plain(one.inputs)).toMatchObject({
      delete: "[ ! -x /usr/local/sbin/lvs-director ] || sudo lvs-director leave",
      triggers: ["director-domain-id"],
      connection: { host: "172.16.0.31" },
    });
    expect(await urnOf(one)).toBe(graph.find(({ type }) => type === "lvs:index:Site")!.urn);
  });

  test("a director knows which machines the real servers are, so that its job brings new ones back", () => {
    expect(filesOf(find(graph, "director-guest-director"))["real-servers"]).toBe(
      "rs1 rs1-domain-id\nrs2 rs2-domain-id\n",
    );
  });

  test("a director that is alone has nobody to hand over to", async () => {
    const alone = await graphOn(resolveSite("dev", {}), {});
    expect(alone.map(({ name }) => name)).not.toContain("director-leaves");
  });
});
