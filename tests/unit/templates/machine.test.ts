import { resolveSite } from "../../../settings/resolve";
import { type MachineSettings, type SiteSettings, machinesOf } from "../../../settings/site";
import { identityString, identityTmpfiles, kernelCommandLine, networkFile } from "../../../templates/machine";
import { lab, labNames } from "../labs";

const site = resolveSite("dev", { network: { cidr: "10.20.0.0/22" } });
const nfs = site.nfs!;
const identity = { machine: nfs, authorizedKey: "PUBLIC\n", hostKey: "PRIVATE\n" };

const machineOf = (of: SiteSettings, name: string): MachineSettings =>
  machinesOf(of).find((machine) => machine.name === name)!;
/** What the network file of a machine's `index`th NIC says, but for the lines that every one has. */
function networkLines(machine: MachineSettings, index = 0): string[] {
  const always = [
    "LinkLocalAddressing",
    "IPv6AcceptRA",
    "LLDP",
    "ConfigureWithoutCarrier",
    "KeepConfiguration",
  ];
  return networkFile(machine, machine.nics[index]!)
    .split("\n")
    .filter((line) => line !== "" && !always.some((key) => line.startsWith(`${key}=`)));
}

describe("a NIC's network file", () => {
  test("has a static address and is matched by MAC", () => {
    expect(networkFile(nfs, nfs.nics[0])).toBe(`[Match]
MACAddress=52:54:0a:14:00:22

[Network]
Address=10.20.0.34/22
Gateway=10.20.0.1
LinkLocalAddressing=no
IPv6AcceptRA=no
LLDP=no
ConfigureWithoutCarrier=yes
KeepConfiguration=yes
`);
  });

  test("has every source address of a client", () => {
    expect(networkLines(machineOf(lab("persistence"), "client")).slice(3, -1)).toEqual([
      "Address=172.16.10.1/16",
      "Address=172.16.10.2/16",
      "Address=172.16.10.3/16",
      "Address=172.16.10.4/16",
    ]);
  });

  test("has the IPv6 address with the same host number, and a gateway for each family", () => {
    expect(networkLines(machineOf(lab("ipv6"), "rs1"))).toEqual([
      "[Match]",
      "MACAddress=52:54:ac:10:28:20",
      "[Network]",
      "Address=172.16.40.32/24",
      "Address=fd00:16:40::20/64",
      "Gateway=172.16.40.1",
      "Gateway=fd00:16:40::1",
    ]);
  });

  test("has a link-local address for IPv6 alone, from which neighbours of a VIP are asked for", () => {
    const linkLocal = (machine: MachineSettings) =>
      /^LinkLocalAddressing=(.*)$/m.exec(networkFile(machine, machine.nics[0]))?.[1];
    expect(linkLocal(machineOf(lab("ipv6"), "rs1"))).toBe("ipv6");
    expect(linkLocal(machineOf(lab("dr-wordpress"), "rs1"))).toBe("no");
  });

  test("has the IPv6 gateway of a second network where the first one has none", () => {
    const networks = [{ name: "six", cidr: "172.16.1.0/24", cidr6: "fd00:16::/64" }];
    const { director } = resolveSite("dev", { content: "static", networks });
    expect(networkLines(director)).toContain("Gateway=172.16.0.1");
    expect(networkLines(director, 1).slice(2, 6)).toEqual([
      "[Network]",
      "Address=172.16.1.31/24",
      "Address=fd00:16::1f/64",
      "Gateway=fd00:16::1",
    ]);
  });

  test("names no gateway on a network that leads nowhere", () => {
    const server = machineOf(lab("dr-dual-nic"), "rs1");
    expect(networkLines(server)).toContain("Gateway=172.16.16.1");
    expect(networkLines(server, 1)).toEqual([
      "[Match]",
      "MACAddress=52:54:c0:a8:07:b1",
      "[Network]",
      "Address=192.168.7.177/24",
    ]);
  });

  test("lets what came by a second line leave by it again, its VIPs too", () => {
    const director = machineOf(lab("dual-line"), "director");
    expect(networkLines(director).slice(2)).toEqual([
      "[Network]",
      "Address=172.16.36.31/24",
      "Gateway=172.16.36.1",
    ]);
    expect(networkLines(director, 1).slice(2)).toEqual([
      "[Network]",
      "Address=172.16.37.31/24",
      "[RoutingPolicyRule]",
      "Priority=100",
      "Table=main",
      "SuppressPrefixLength=0",
      "[RoutingPolicyRule]",
      "Priority=200",
      "From=172.16.37.0/24",
      "Table=101",
      "[Route]",
      "Table=101",
      "Gateway=172.16.37.1",
    ]);
    expect(networkLines(director, 2).slice(2)).toEqual(["[Network]", "Address=172.16.39.31/24"]);
  });

  test("has the director as the one gateway of a real server behind it", () => {
    expect(networkLines(machineOf(lab("nat-lnmp"), "rs1")).slice(2)).toEqual([
      "[Network]",
      "Address=192.168.10.188/24",
      "Gateway=192.168.10.200",
    ]);
  });

  // A client on the front network, to which the real server has a NIC of its own, must be answered through it too.
  test("sends what a second NIC's address answers through the director, but for neighbours", () => {
    const server = machineOf(lab("mixed"), "rs1");
    expect(networkLines(server).slice(2)).toEqual([
      "[Network]",
      "Address=172.16.48.32/24",
      "Gateway=172.16.48.1",
    ]);
    expect(networkLines(server, 1).slice(2)).toEqual([
      "[Network]",
      "Address=172.16.49.32/24",
      "[RoutingPolicyRule]",
      "Priority=50",
      "From=172.16.49.32",
      "Table=101",
      "[Route]",
      "Table=101",
      "Destination=172.16.49.0/24",
      "Scope=link",
      "[Route]",
      "Table=101",
      "Gateway=172.16.49.31",
    ]);
  });

  test.each(labNames)("is one default route at most on each machine of %s", (name) => {
    for (const machine of machinesOf(lab(name))) {
      const gateways = machine.nics
        .flatMap((_nic, index) => networkLines(machine, index).join("\n").split("[Route")[0]!.split("\n"))
        .filter((line) => /^Gateway=[0-9.]+$/.test(line));
      const expected = machine.nics.some(({ gateway }) => gateway !== undefined) ? 1 : 0;
      expect({ machine: machine.name, count: gateways.length }).toEqual({
        machine: machine.name,
        count: expected,
      });
    }
  });
});

test("an identity writes networks, hosts, the operator's key and the host key, each for its owner", () => {
  const lines = identityTmpfiles(identity)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [type, path, mode, user, group, age, data] = line.split(" ");
      return { head: [type, path, mode, user, group, age].join(" "), text: decode(data) };
    });
  expect(lines).toEqual([
    {
      head: "f+~ /etc/systemd/network/10-eth0.network 0644 root root -",
      text: networkFile(nfs, nfs.nics[0]),
    },
    { head: "f+~ /etc/hosts 0644 root root -", text: "127.0.0.1 localhost\n10.20.0.34 nfs\n" },
    { head: "d /home/ops/.ssh 0700 ops ops -", text: "" },
    { head: "f+~ /home/ops/.ssh/authorized_keys 0600 ops ops -", text: "PUBLIC\n" },
    { head: "f+~ /etc/ssh/ssh_host_ed25519_key 0600 root root -", text: "PRIVATE\n" },
  ]);
});

test("an identity has a network file for each NIC", () => {
  const machine = machineOf(lab("dual-line"), "director");
  const paths = identityTmpfiles({ ...identity, machine }).match(/\S+\.network/g);
  expect(paths).toEqual(
    ["eth0", "eth1", "eth2"].map((device) => `/etc/systemd/network/10-${device}.network`),
  );
});

test("an identity is one binary credential called tmpfiles.extra", () => {
  const text = identityString(identity);
  const prefix = "io.systemd.credential.binary:tmpfiles.extra=";
  expect(text.slice(0, prefix.length)).toBe(prefix);
  expect(decode(text.slice(prefix.length))).toBe(identityTmpfiles(identity));
});

test("the kernel's command line names the machine, and fits what the kernel reads", () => {
  for (const machine of machinesOf(site)) {
    const words = kernelCommandLine(machine).split(" ");
    expect(words).toContain(`systemd.hostname=${machine.name}`);
    expect(words).toContain("root=/dev/vda");
    expect(words).toContain("net.ifnames=0");
    expect(words.join(" ").length).toBeLessThan(2048);
  }
});

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString();
}
