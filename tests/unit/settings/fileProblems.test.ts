import { SettingsError } from "../../../settings/problems";
import { resolveSite } from "../../../settings/resolve";
import { saidOf } from "./said";

const schedulers =
  '"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh" or "twos"';

test.each<[string, Record<string, unknown>, string]>([
  [
    "no address at all",
    { services: [{ vip: "172.16.0" }] },
    'services[0].vip: "172.16.0" is no IP address; write one like 172.16.0.40 or fd00:16::40',
  ],
  [
    "a machine's address that is of IPv6",
    { director: { address: "fd00:16::31" } },
    'director.address: "fd00:16::31" is no IPv4 address; write one like 172.16.0.31',
  ],
  [
    "a network with host bits",
    { network: { cidr: "172.16.0.31/24" } },
    'network.cidr: "172.16.0.31/24" has host bits set; write 172.16.0.0/24',
  ],
  [
    "no network",
    { network: { cidr: "172.16.0.0" } },
    'network.cidr: "172.16.0.0" is no network; write one like 172.16.0.0/24',
  ],
  [
    "an unknown scheduler near a known one",
    { services: [{ scheduler: "wrrr" }] },
    `services[0].scheduler: "wrrr" is unknown, did you mean "wrr"? Write ${schedulers}`,
  ],
  [
    "an unknown scheduler near none",
    { services: [{ scheduler: "round robin" }] },
    `services[0].scheduler: "round robin" is unknown; write ${schedulers}`,
  ],
  [
    "an accelerator near a known one",
    { hypervisor: { accelerator: "qmeu" } },
    'hypervisor.accelerator: "qmeu" is unknown, did you mean "qemu"? Write "auto", "kvm" or "qemu"',
  ],
  [
    "a weight below 0",
    { realServers: [{ weight: -1 }] },
    "realServers[0].weight: -1 is too small; write a number from 0 to 65535",
  ],
  [
    "a weight above what IPVS takes",
    { realServers: [{ weight: 65536 }] },
    "realServers[0].weight: 65536 is too large; write a number from 0 to 65535",
  ],
  [
    "a weight that is text",
    { realServers: [{ weight: "2" }] },
    'realServers[0].weight: "2" is no whole number; write one from 0 to 65535',
  ],
  ["no real servers", { realServers: [] }, "realServers: is empty; a site needs at least one real server"],
  ["no services", { services: [] }, "services: is empty; write at least one virtual service"],
  [
    "an unknown setting at the top",
    { relServers: [] },
    'relServers: is not a setting, did you mean "realServers"?',
  ],
  [
    "an unknown setting in a list",
    { services: [{}, { schedular: "rr" }] },
    'services[1].schedular: is not a setting, did you mean "scheduler"?',
  ],
  [
    "an unknown setting near none",
    { network: { colour: "blue" } },
    "network.colour: is not a setting; known here: cidr, gateway, cidr6, forward",
  ],
  [
    "a name that no machine can have",
    { realServers: [{ name: "RS_1" }] },
    'realServers[0].name: write a lower-case name of letters, digits and dashes, such as rs1, that does not begin with "site"',
  ],
  [
    "a name that ends in a dash",
    { realServers: [{ name: "rs-" }] },
    'realServers[0].name: write a lower-case name of letters, digits and dashes, such as rs1, that does not begin with "site"',
  ],
  [
    "a number where a group is wanted",
    { network: 24 },
    "network: 24 is no group of settings; write some of these below it: cidr, gateway, cidr6, forward",
  ],
  [
    "one real server where a list is wanted",
    { realServers: { name: "rs1" } },
    'realServers: {"name":"rs1"} is no list; write entries below it, each after a "-"',
  ],
  [
    "a group with nothing in it",
    { services: [{ persistence: null }] },
    "services[0].persistence: is empty; write some of these below it: timeoutSeconds, netmask",
  ],
  [
    "a network without its name",
    { networks: [{ cidr: "172.16.1.0/24" }] },
    "networks[0].name: is missing; write it in quotes",
  ],
  [
    "a number where text is wanted",
    { wordpress: { title: 2024 } },
    "wordpress.title: 2024 is no text; write it in quotes",
  ],
  [
    "text where true or false is wanted",
    { layDown: "no" },
    'layDown: "no" is neither true nor false; write one of them, without quotes',
  ],
  [
    "an image's name that is no hash",
    { image: { hash: "latest" } },
    "image.hash: write the twelve hexadecimal digits that name an image",
  ],
  [
    "no e-mail address",
    { wordpress: { adminEmail: "admin" } },
    "wordpress.adminEmail: write an e-mail address such as admin@example.org",
  ],
])("%s is refused", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test.each<[string, Record<string, unknown>, string]>([
  [
    "of persistence",
    { services: [{ persistence: { timeout: 60 } }] },
    "services[0].persistence.timeout: is not a setting; known here: timeoutSeconds, netmask",
  ],
  [
    "of persistence, misspelt",
    { services: [{ persistence: { netmsk: "255.255.255.0" } }] },
    'services[0].persistence.netmsk: is not a setting, did you mean "netmask"?',
  ],
  ["of tls", { tls: { redirects: true } }, 'tls.redirects: is not a setting, did you mean "redirect"?'],
  [
    "of timeouts",
    { director: { timeouts: { tcpSecond: 9 } } },
    'director.timeouts.tcpSecond: is not a setting, did you mean "tcpSeconds"?',
  ],
  [
    "of a further network",
    { networks: [{ name: "storage", cdir: "192.168.7.0/24", cidr: "192.168.7.0/24" }] },
    'networks[0].cdir: is not a setting, did you mean "cidr"?',
  ],
])("an unknown setting %s is refused with the one that was meant", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test("the file that was used is named", () => {
  expect(() => resolveSite("nat", { network: 1 }, "labs/nat.yaml")).toThrow(SettingsError);
  expect(() => resolveSite("nat", { network: 1 }, "labs/nat.yaml")).toThrow(
    /^labs\/nat\.yaml cannot be used/,
  );
});

test("a forwarding method that is not known is refused with those that are", () => {
  expect(saidOf({ services: [{ forwarding: "teleport" }] })).toEqual([
    expect.stringMatching(/^services\[0\]\.forwarding: "teleport" is unknown; write "dr"/),
  ]);
});

test("a manager that is not known is refused with those that are", () => {
  expect(saidOf({ director: { manager: "haproxy" } })).toEqual([
    expect.stringMatching(/^director\.manager: "haproxy" is unknown; write "ipvsadm"/),
  ]);
});
