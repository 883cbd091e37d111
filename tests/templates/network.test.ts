/** systemd-networkd configures NICs of a network of the test's own as a machine would, and the kernel is asked for ways. */
import { isIPv6 } from "node:net";
import { type MachineSettings, machinesOf } from "../../settings/site";
import { networkFile } from "../../templates/machine";
import { lab } from "../unit/labs";
import { Folder, ask } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const machineOf = (name: string, machine: string): MachineSettings =>
  machinesOf(lab(name)).find((known) => known.name === machine)!;

/**
 * Run by root, networkd becomes another user, who is root again in this list of users; a read-only /sys tells it that
 * there is no udev to wait for.
 */
function boot(machine: MachineSettings, vips: readonly string[], change = (text: string) => text): string {
  const users = folder.write("passwd", "root:x:0:0::/:/bin/sh\nsystemd-network:x:0:0::/:/bin/sh\n");
  const files = machine.nics[0].mac;
  for (const nic of machine.nics)
    folder.write(`${files}/10-${nic.device}.network`, change(networkFile(machine, nic)));
  const cables = machine.nics.map(
    ({ device, mac }) => `ip link add ${device} address ${mac} type veth peer name far-${device}
    ip link set far-${device} up`,
  );
  return `
    mount -t tmpfs run /run
    mount --bind ${users} /etc/passwd
    mount --rbind /sys /sys
    mount -o remount,bind,ro /sys
    mkdir -p /run/systemd/netif
    cp -r ${folder.path}/${files} /run/systemd/network
    ip link set lo up
    ${cables.join("\n")}
    systemd-networkd 2>/run/log &
    for try in {1..100}; do
      configured=$(grep -ls ADMIN_STATE=configured /run/systemd/netif/links/* | wc -l) || true
      ((configured < ${cables.length})) || break
      sleep 0.1
    done
    if ((configured < ${cables.length})) || grep -qE '[.]network:|Could not' /run/log; then
      cat /run/log >&2
      exit 1
    fi
    ${vips.map((vip) => `ip address add ${vip} dev lo`).join("\n")}`;
}

/** The way of a packet, as `via GATEWAY dev NIC`; `undefined` where there is none. */
function wayOf(machine: MachineSettings, to: string, from?: string, vips: readonly string[] = []) {
  const family = isIPv6(to) ? "-6" : "-4";
  const { code, stdout, stderr } = ask(
    "ip",
    [family, "route", "get", to, ...(from === undefined ? [] : ["from", from])],
    { inside: boot(machine, vips) },
  );
  if (code !== 0 && !stderr.includes("unreachable")) throw new Error(stderr);
  return /(via \S+ )?dev \S+/.exec(stdout)?.[0];
}

test.each([
  ["the first line's VIP", "172.16.38.100", "172.16.36.40", "via 172.16.36.1 dev eth0"],
  ["the second line's VIP", "172.16.38.100", "172.16.37.40", "via 172.16.37.1 dev eth1"],
  ["the second line's own address", "172.16.38.100", "172.16.37.31", "via 172.16.37.1 dev eth1"],
  ["no address in particular", "172.16.38.100", undefined, "via 172.16.36.1 dev eth0"],
  ["a VIP to a real server", "172.16.39.32", "172.16.37.40", "dev eth2"],
])("a director on two lines answers from %s by its own line", (_what, to, from, way) => {
  expect(wayOf(machineOf("dual-line", "director"), to, from, ["172.16.36.40", "172.16.37.40"])).toBe(way);
});

test.each([
  ["nat, to a client whose network it is on", "172.16.48.100", "172.16.49.32", "via 172.16.49.31 dev eth1"],
  ["nat, to a client elsewhere", "192.0.2.1", "172.16.49.32", "via 172.16.49.31 dev eth1"],
  ["full NAT, to the director", "172.16.49.31", "172.16.49.32", "dev eth1"],
  ["a VIP of direct routing or a tunnel", "172.16.48.100", "172.16.48.42", "dev eth0"],
  ["such a VIP, to a client elsewhere", "192.0.2.1", "172.16.48.42", "via 172.16.48.1 dev eth0"],
])("a real server with two NICs answers for %s", (_what, to, from, way) => {
  expect(wayOf(machineOf("mixed", "rs1"), to, from, ["172.16.48.42"])).toBe(way);
});

test("a real server of nat alone reaches all through the director", () => {
  expect(wayOf(machineOf("nat-lnmp", "rs1"), "192.0.2.1")).toBe("via 192.168.10.200 dev eth0");
});

test("a real server of full NAT reaches nobody but its own network", () => {
  const server = machineOf("fullnat", "rs1");
  expect(wayOf(server, "172.16.35.31")).toBe("dev eth0");
  expect(wayOf(server, "172.16.34.1")).toBeUndefined();
});

test("storage is reached by the storage network", () => {
  expect(wayOf(machineOf("dr-dual-nic", "rs1"), "192.168.7.250")).toBe("dev eth1");
});

test("a client asks from each of its addresses", () => {
  const client = machineOf("persistence", "client");
  for (const source of ["172.16.10.1", "172.16.10.4"])
    expect(wayOf(client, "172.16.66.1", source)).toBe("dev eth0");
});

test("IPv6 has its own way out", () => {
  expect(wayOf(machineOf("ipv6", "rs1"), "2001:db8::1")).toBe("via fd00:16:40::1 dev eth0");
});

test("a key that networkd does not know is noticed", () => {
  const machine = machineOf("dual-line", "director");
  const inside = boot(machine, [], (text) => text.replace("SuppressPrefixLength", "SupressPrefixLength"));
  const { code, stderr } = ask("ip", ["rule"], { inside });
  expect(code).toBe(1);
  expect(stderr).toContain("Unknown key 'SupressPrefixLength' in section [RoutingPolicyRule]");
});
