import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostError, checkHost, freeNetwork, hostProblems } from "../../../preflight/host";
import type { HostFacts } from "../../../preflight/hostFacts";
import { resolveSite } from "../../../settings/resolve";

const site = resolveSite("dev", {});
const siteAt = (uri: string) =>
  resolveSite("dev", { hypervisor: { uri, accelerator: "kvm" }, managementCidrs: ["192.0.2.0/24"] });

/** A host on which nothing stands in the way. */
const roomy: HostFacts = {
  missing: [],
  ownNetworks: [],
  machines: [],
  ownMachines: {},
  ownPool: false,
  networks: [],
  routes: [],
  interfaces: [],
  bridgeFirewall: false,
  disk: { folder: "/var/lib/libvirt/images", freeMiB: 50_000 },
};
const told = (facts: Partial<HostFacts>, on = site) =>
  hostProblems(on, { ...roomy, ...facts }).map(({ path, message }) => `${path}: ${message}`);

describe("memory for a replica", () => {
  const replicated = resolveSite("dev", { mysql: { replica: true } });
  const all = 512 + 5 * 768;

  it("is asked of the host where the second machine is yet to come, with that of all others that are", () => {
    expect(told({ availableMiB: all }, replicated)).toEqual([]);
    expect(told({ availableMiB: all - 1 }, replicated)).toEqual([
      `mysql.replica: a second MariaDB machine needs 768 MiB, ${all} MiB together with the machines that are still to start, and this host has ${all - 1} MiB free; leave it out, or give the machines less memory`,
    ]);
  });

  it("counts no machine that is there already", () => {
    const others = ["director", "rs1", "rs2", "nfs", "mysql"].map((name) => `lvs-dev-${name}`);
    expect(told({ availableMiB: 767, machines: others }, replicated)[0]).toContain("767 MiB free");
    expect(told({ availableMiB: 768, machines: others }, replicated)).toEqual([]);
    expect(told({ availableMiB: 0, machines: [...others, "lvs-dev-mysql2"] }, replicated)).toEqual([]);
  });

  it("is not asked of a site without one, or of a hypervisor elsewhere", () => {
    expect(told({ availableMiB: 0 })).toEqual([]);
    expect(told({}, replicated)).toEqual([]);
  });
});

describe("hostProblems", () => {
  it("has nothing to say about a host with room", () => {
    expect(told({})).toEqual([]);
  });

  it("names missing programs and nothing else", () => {
    expect(told({ missing: ["virsh", "qemu-system-x86_64"], unreachable: "whatever" })).toEqual([
      "host: virsh, qemu-system-x86_64 not found in PATH: run scripts/host/setup.sh",
    ]);
  });

  it("tells why libvirt cannot be used, and three ways on", () => {
    expect(told({ unreachable: "Failed to connect socket to '/var/run/libvirt/libvirt-sock'" })).toEqual([
      "hypervisor.uri: qemu:///system cannot be used: Failed to connect socket to '/var/run/libvirt/libvirt-sock'; " +
        'start libvirtd; without one, "npm run up" starts a private one and "npm run enter -- dev" opens ' +
        "a shell in which pulumi reaches it; or write another URI",
    ]);
  });

  it("sends a user whom libvirt turns away to its group", () => {
    expect(told({ unreachable: "Permission denied" })[0]).toContain(
      "Permission denied; join the group libvirt, or start libvirtd; without one",
    );
  });

  it("offers no private libvirtd for a hypervisor elsewhere", () => {
    expect(told({ unreachable: "no route to host" }, siteAt("qemu+ssh://kvm1/system"))).toEqual([
      "hypervisor.uri: qemu+ssh://kvm1/system cannot be used: no route to host; " +
        'see that "virsh -c qemu+ssh://kvm1/system version" works in this shell; or write another URI',
    ]);
  });

  it("refuses masquerading that would hide nat's clients from its real servers, and nothing else by that", () => {
    const networks = [{ name: "inside", cidr: "172.16.1.0/24", forward: "none" }];
    const behind = (forwarding: string, forward: string) =>
      resolveSite("dev", {
        content: "static",
        network: { forward },
        networks,
        director: { addresses: ["172.16.0.31", "172.16.1.31"] },
        services: [{ forwarding }],
        realServers: [{ address: "172.16.1.32" }],
      });
    expect(told({ bridgeFirewall: true }, behind("nat", "nat"))).toEqual([
      'network.forward: this host\'s firewall filters bridged packets, and "nat" would replace the client addresses of 172.16.0.0/24 with the hypervisor\'s before real servers see them; write "open", or run sysctl -w net.bridge.bridge-nf-call-iptables=0',
    ]);
    expect(told({ bridgeFirewall: true }, behind("nat", "open"))).toEqual([]);
    expect(told({ bridgeFirewall: true }, behind("fullnat", "nat"))).toEqual([]);
    expect(told({ bridgeFirewall: true })).toEqual([]);
  });

  it("names the libvirt network that overlaps, once, and a network that is free", () => {
    const networks = [
      { name: "default", bridge: "virbr0", cidrs: ["192.168.122.0/24"] },
      { name: "lvs-lab", bridge: "lvs-lab", cidrs: ["10.9.0.0/24", "172.16.0.0/23"] },
    ];
    expect(told({ networks, routes: [{ cidr: "172.16.0.0/23", device: "lvs-lab" }] })).toEqual([
      "network.cidr: 172.16.0.0/24 overlaps 172.16.0.0/23 of the libvirt network lvs-lab; " +
        "write 172.16.2.0/24 instead, and the addresses with it",
    ]);
  });

  it("names the route that overlaps and its device, once a device", () => {
    const routes = [
      { cidr: "172.16.0.0/12", device: "tun0" },
      { cidr: "172.16.0.7/32", device: "tun0" },
      { cidr: "192.0.2.0/24", device: "eth0" },
    ];
    expect(told({ routes })).toEqual([
      "network.cidr: 172.16.0.0/24 overlaps the host's route 172.16.0.0/12 on tun0; " +
        "write 192.168.0.0/24 instead, and the addresses with it",
    ]);
  });

  it("takes routes over the stack's own bridge for its own", () => {
    const routes = [{ cidr: "172.16.0.0/24", device: "lvs-dev" }];
    expect(told({ ownNetworks: ["lvs-dev"], interfaces: ["lvs-dev"], routes })).toEqual([]);
  });

  it("finds no network to offer where every private one is taken", () => {
    expect(freeNetwork(["172.16.0.0/12", "192.168.0.0/16"])).toBe("10.0.0.0/24");
    const routes = ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"].map((cidr) => ({ cidr, device: "vpn" }));
    expect(told({ routes })).toEqual([
      "network.cidr: 172.16.0.0/24 overlaps the host's route 172.16.0.0/12 on vpn; " +
        "write a network that is free instead, and the addresses with it",
    ]);
  });

  it("refuses a bridge that is no libvirt network's", () => {
    expect(told({ interfaces: ["lvs-dev"] })).toEqual([
      "network: the interface lvs-dev exists on this host and belongs to no libvirt network; " +
        "remove it (ip link delete lvs-dev) or give the stack another name",
    ]);
  });

  it("refuses a bridge that is another network's", () => {
    const networks = [{ name: "old", bridge: "lvs-dev", cidrs: [] }];
    expect(told({ interfaces: ["lvs-dev"], networks })).toEqual([
      "network: the bridge lvs-dev belongs to the libvirt network old; give the stack another name",
    ]);
  });

  it("asks for space for a new site only", () => {
    const disk = { folder: "/var/lib", freeMiB: 3071 };
    expect(told({ disk })).toEqual([
      "host: /var/lib has 3071 MiB free and a new site needs 3072 MiB; " +
        "free some space, or mount a larger disk on /var/lib/libvirt/images",
    ]);
    expect(told({ disk: { ...disk, freeMiB: 3072 } })).toEqual([]);
    expect(told({ disk, ownPool: true })).toEqual([]);
    expect(told({ disk: undefined })).toEqual([]);
  });
});

describe("hostProblems of a site with several networks", () => {
  const several = resolveSite("dev", {
    content: "static",
    networks: [
      { name: "inside", cidr: "10.9.1.0/24" },
      { name: "storage", cidr: "192.168.7.0/24" },
    ],
  });

  it("names each network that overlaps, and offers each another one that is none of the site's", () => {
    const routes = [
      { cidr: "172.16.0.0/24", device: "eth0" },
      { cidr: "192.168.0.0/16", device: "eth1" },
    ];
    expect(told({ routes }, several)).toEqual([
      "network.cidr: 172.16.0.0/24 overlaps the host's route 172.16.0.0/24 on eth0; " +
        "write 172.16.1.0/24 instead, and the addresses with it",
      "networks[1].cidr: 192.168.7.0/24 overlaps the host's route 192.168.0.0/16 on eth1; " +
        "write 172.16.2.0/24 instead, and the addresses with it",
    ]);
  });

  it("names each bridge that is taken, and those of networks that exist are the site's own", () => {
    const interfaces = ["lvs-dev", "lvs-dev-inside"];
    expect(told({ interfaces, ownNetworks: ["lvs-dev"] }, several)).toEqual([
      "networks[0]: the interface lvs-dev-inside exists on this host and belongs to no libvirt network; " +
        "remove it (ip link delete lvs-dev-inside) or give the stack another name",
    ]);
  });

  it("takes routes over each of its bridges for its own", () => {
    const routes = several.networks.map(({ cidr, bridge }) => ({ cidr, device: bridge }));
    const ownNetworks = several.networks.map(({ libvirtName }) => libvirtName);
    expect(told({ ownNetworks, routes }, several)).toEqual([]);
  });
});

describe("checkHost", () => {
  let folder: string;
  const path = process.env.PATH;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "host-check-"));
    process.env.PATH = folder;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  const program = (name: string, body: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  it("refuses with one error that names the stack and every problem", () => {
    program("qemu-system-x86_64", "");
    program("virsh", "printf 'Using API\\n//\\n//\\n'");
    program(
      "ip",
      'case "$*" in *link*) echo \'[{"ifname":"lvs-dev"}]\' ;; *) echo \'[{"dst":"172.16.0.0/16","dev":"eth0"}]\' ;; esac',
    );
    expect(() => checkHost(site)).toThrow(HostError);
    expect(() => checkHost(site)).toThrow(
      "The host cannot take the site dev:\n" +
        "  network.cidr: 172.16.0.0/24 overlaps the host's route 172.16.0.0/16 on eth0; write 172.17.0.0/24 instead, and the addresses with it\n" +
        "  network: the interface lvs-dev exists on this host and belongs to no libvirt network; remove it (ip link delete lvs-dev) or give the stack another name",
    );
  });
});
