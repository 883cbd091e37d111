import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatherFacts } from "../../../preflight/hostFacts";
import { resolveSite } from "../../../settings/resolve";

const site = resolveSite("dev", {});
const siteAt = (uri: string) =>
  resolveSite("dev", { hypervisor: { uri, accelerator: "kvm" }, managementCidrs: ["192.0.2.0/24"] });

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
  const virsh = (networks: string[], pools: string[], xml = "", machines: string[] = []) =>
    program(
      "virsh",
      `case "$4" in
  version*) printf 'Using API: QEMU 9.0.0\\n//' && printf '%-20s\\n' ${networks.join(" ")} && printf '\\n//' && printf '%-20s\\n' ${pools.join(" ")} && printf '\\n//' && printf '%s\\n' ${machines.join(" ")} ;;
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
    const own = "<domain id='1'>\n  <name>lvs-dev-nfs</name>\n</domain>";
    virsh(
      ["default", "lab"],
      ["images"],
      `${defaultNetwork}\n\n<network connections='5'>\n  <name>lab</name>\n  <ip family='ipv4' address='10.1.2.3' prefix='22'>\n  </ip>\n</network>\n${own}`,
      ["lvs-other-rs1", "lvs-dev-nfs"],
    );
    program(
      "ip",
      `case "$*" in
  "-json -4 route show table main") echo '[{"dst":"default","dev":"eth0"},{"dst":"128.0.0.0/1","dev":"tun0"},{"dst":"192.0.2.0/24","dev":"eth0"},{"dst":"10.0.0.5","nexthops":[{"dev":"eth1"}]},{"type":"blackhole","dst":"10.8.0.0/16"}]' ;;
  "-json link show") echo '[{"ifname":"lo"},{},{"ifname":"lvs-dev"}]' ;;
esac`,
    );
    const { disk, availableMiB, bridgeFirewall, ...facts } = gatherFacts(site);
    expect(typeof bridgeFirewall).toBe("boolean");
    expect(facts).toEqual({
      missing: [],
      ownNetworks: [],
      machines: ["lvs-other-rs1", "lvs-dev-nfs"],
      ownMachines: { "lvs-dev-nfs": own },
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
      interfaces: ["lvs-dev"],
    });
    expect(availableMiB).toBeGreaterThan(0);
    expect("/var/lib/libvirt/images").toContain(disk!.folder);
    expect(disk!.freeMiB).toBeGreaterThan(0);
    expect(calls()).toContain("virsh -q -c qemu:///system dumpxml lvs-dev-nfs");
    expect(calls()[1]).toBe(
      'virsh -q -c qemu:///system net-dumpxml --network "default"; net-dumpxml --network "lab"',
    );
  });

  it("starts two processes for a stack that exists alone", () => {
    virsh(["lvs-dev"], ["lvs-dev"]);
    expect(gatherFacts(site)).toMatchObject({ ownNetworks: ["lvs-dev"], ownPool: true, networks: [] });
    expect(calls()).toEqual([
      "virsh -q -c qemu:///system version; echo //; net-list --all --name; echo //; pool-list --all --name; echo //; list --all --name",
      "ip -json -4 route show table main",
    ]);
  });

  it("asks virsh alone about a hypervisor elsewhere", () => {
    rmSync(join(folder, "ip"));
    rmSync(join(folder, "qemu-system-x86_64"));
    virsh(["default"], [], defaultNetwork);
    const facts = gatherFacts(siteAt("qemu+ssh://kvm1/system"));
    expect(facts.networks).toHaveLength(1);
    expect(facts).toMatchObject({ missing: [], routes: [], interfaces: [] });
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

  it("tells the networks and bridges of a site with several apart from all others", () => {
    const several = resolveSite("dev", {
      content: "static",
      networks: [
        { name: "inside", cidr: "10.9.1.0/24" },
        { name: "far", cidr: "10.9.2.0/24" },
      ],
    });
    virsh(["lvs-dev", "default", "lvs-dev:far"], [], defaultNetwork);
    program(
      "ip",
      `case "$*" in *link*) echo '[{"ifname":"lvs-dev"},{"ifname":"lvs-dev-inside"},{"ifname":"virbr0"}]' ;; *) echo '[]' ;; esac`,
    );
    expect(gatherFacts(several)).toMatchObject({
      ownNetworks: ["lvs-dev", "lvs-dev:far"],
      networks: [{ name: "default" }],
      interfaces: ["lvs-dev", "lvs-dev-inside"],
    });
    expect(calls()[1]).toBe('virsh -q -c qemu:///system net-dumpxml --network "default"');
  });
});
