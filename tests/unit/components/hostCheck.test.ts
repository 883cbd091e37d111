import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type HostFacts,
  HostError,
  checkHost,
  freeNetwork,
  gatherFacts,
  hostProblems,
} from "../../../components/hostCheck";
import { resolveSite } from "../../../settings/site";

const site = resolveSite("dev", {});
const siteAt = (uri: string) => resolveSite("dev", { hypervisor: { uri, accelerator: "kvm" } });

/** A host on which nothing stands in the way. */
const roomy: HostFacts = {
  missing: [],
  ownNetwork: false,
  ownPool: false,
  networks: [],
  routes: [],
  bridgeExists: false,
  disk: { folder: "/var/lib/libvirt/images", freeMiB: 50_000 },
};
const told = (facts: Partial<HostFacts>, on = site) =>
  hostProblems(on, { ...roomy, ...facts }).map(({ path, message }) => `${path}: ${message}`);

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
        'start libvirtd; where none can be had, "npm run up" starts a private one and "npm run enter -- dev" gives ' +
        "a shell in which pulumi sees it; or write another URI",
    ]);
  });

  it("sends a user whom libvirt turns away to its group", () => {
    expect(told({ unreachable: "Permission denied" })[0]).toContain(
      "Permission denied; join the group libvirt, or start libvirtd; where none",
    );
  });

  it("offers no private libvirtd for a hypervisor elsewhere", () => {
    expect(told({ unreachable: "no route to host" }, siteAt("qemu+ssh://kvm1/system"))).toEqual([
      "hypervisor.uri: qemu+ssh://kvm1/system cannot be used: no route to host; " +
        'see that "virsh -c qemu+ssh://kvm1/system version" works in this shell; or write another URI',
    ]);
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
    expect(told({ ownNetwork: true, bridgeExists: true, routes })).toEqual([]);
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
    expect(told({ bridgeExists: true })).toEqual([
      "network: the interface lvs-dev exists on this host and belongs to no libvirt network; " +
        "remove it (ip link delete lvs-dev) or give the stack another name",
    ]);
  });

  it("refuses a bridge that is another network's", () => {
    const networks = [{ name: "old", bridge: "lvs-dev", cidrs: [] }];
    expect(told({ bridgeExists: true, networks })).toEqual([
      "network: the bridge lvs-dev is that of the libvirt network old; give the stack another name",
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

describe("gatherFacts", () => {
  const path = process.env.PATH;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "host-check-"));
    process.env.PATH = folder;
    program("qemu-system-x86_64", "");
    program("ip", "echo '[]'");
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  /** A program on PATH that notes its arguments and then runs `body`. */
  function program(name: string, body: string): void {
    const text = `#!/bin/sh\necho "${name} $*" >>${folder}/calls\n${body}\n`;
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  /** virsh as it lists: names are padded, and `echo` ends no line. */
  const virsh = (networks: string[], pools: string[], xml = "") =>
    program(
      "virsh",
      `case "$4" in
  version*) printf 'Using API: QEMU 9.0.0\\n//' && printf '%-20s\\n' ${networks.join(" ")} && printf '\\n//' && printf '%-20s\\n' ${pools.join(" ")} ;;
  *) /bin/cat <<'XML'
${xml}
XML
esac`,
    );
  const defaultNetwork = `<network>
  <name>default</name>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>
  </ip>
  <ip family='ipv6' address='fd00::1' prefix='64'/>
</network>`;

  it("reads networks, pools, routes, interfaces and free space of a local hypervisor", () => {
    virsh(
      ["default", "lab"],
      ["images"],
      `${defaultNetwork}\n\n<network connections='5'>\n  <name>lab</name>\n  <ip family='ipv4' address='10.1.2.3' prefix='22'>\n  </ip>\n</network>`,
    );
    program(
      "ip",
      `case "$*" in
  "-json -4 route show table main") echo '[{"dst":"default","dev":"eth0"},{"dst":"128.0.0.0/1","dev":"tun0"},{"dst":"192.0.2.0/24","dev":"eth0"},{"dst":"10.0.0.5","nexthops":[{"dev":"eth1"}]},{"type":"blackhole","dst":"10.8.0.0/16"}]' ;;
  "-json link show") echo '[{"ifname":"lo"},{},{"ifname":"lvs-dev"}]' ;;
esac`,
    );
    const { disk, ...facts } = gatherFacts(site);
    expect(facts).toEqual({
      missing: [],
      ownNetwork: false,
      ownPool: false,
      networks: [
        { name: "default", bridge: "virbr0", cidrs: ["192.168.122.0/24"] },
        { name: "lab", bridge: undefined, cidrs: ["10.1.0.0/22"] },
      ],
      routes: [
        { cidr: "192.0.2.0/24", device: "eth0" },
        { cidr: "10.0.0.5/32", device: "eth1" },
        { cidr: "10.8.0.0/16", device: "no device" },
      ],
      bridgeExists: true,
    });
    expect("/var/lib/libvirt/images").toContain(disk!.folder);
    expect(disk!.freeMiB).toBeGreaterThan(0);
    expect(calls()[1]).toBe(
      'virsh -q -c qemu:///system net-dumpxml --network "default"; net-dumpxml --network "lab"',
    );
  });

  it("starts two processes for a stack that exists alone", () => {
    virsh(["lvs-dev"], ["lvs-dev"]);
    expect(gatherFacts(site)).toMatchObject({ ownNetwork: true, ownPool: true, networks: [] });
    expect(calls()).toEqual([
      "virsh -q -c qemu:///system version; echo //; net-list --all --name; echo //; pool-list --all --name",
      "ip -json -4 route show table main",
    ]);
  });

  it("asks virsh alone about a hypervisor elsewhere", () => {
    rmSync(join(folder, "ip"));
    rmSync(join(folder, "qemu-system-x86_64"));
    virsh(["default"], [], defaultNetwork);
    const facts = gatherFacts(siteAt("qemu+ssh://kvm1/system"));
    expect(facts.networks).toHaveLength(1);
    expect(facts).toMatchObject({ missing: [], routes: [], bridgeExists: false });
    expect(facts.disk).toBeUndefined();
  });

  it("takes an `ip` that prints nothing for one without routes, and refuses one that fails", () => {
    virsh(["lvs-dev"], []);
    program("ip", "");
    expect(gatherFacts(site).routes).toEqual([]);
    program("ip", "echo 'ip: unrecognized option: json' >&2; exit 1");
    expect(() => gatherFacts(site)).toThrow(
      "ip -json -4 route show table main: ip: unrecognized option: json; install iproute2: run scripts/host/setup.sh",
    );
  });

  it("lists what PATH does not have", () => {
    rmSync(join(folder, "qemu-system-x86_64"));
    expect(gatherFacts(site).missing).toEqual(["virsh", "qemu-system-x86_64"]);
  });

  it("gives virsh's own reason, also for an error that virsh goes on after", () => {
    program("virsh", "echo 'error: failed to connect to the hypervisor\nerror: No such file' >&2; exit 1");
    expect(gatherFacts(site).unreachable).toBe("No such file");
    program("virsh", "echo 'error: no virtnetworkd' >&2; exit 0");
    expect(gatherFacts(site).unreachable).toBe("no virtnetworkd");
    program("virsh", "exit 3");
    expect(gatherFacts(site).unreachable).toBe("exit 3");
  });

  it("gives up on a libvirt that does not answer, within a second of the deadline", () => {
    program("virsh", "/bin/sleep 5");
    const start = Date.now();
    expect(gatherFacts(site, 0.2).unreachable).toBe("no answer within 0.2 s");
    expect(Date.now() - start).toBeLessThan(1200);
  });

  it("refuses with one error that names the stack and every problem", () => {
    virsh([], []);
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
