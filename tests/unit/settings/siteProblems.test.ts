import { SettingsError } from "../../../settings/problems";
import { resolveSite } from "../../../settings/site";

/** What is said about a stack file, its first line left off. */
function saidOf(raw: Record<string, unknown>): string[] {
  try {
    resolveSite("dev", raw);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const [first, ...lines] = error.message.split("\n");
    expect(first).toBe("Pulumi.dev.yaml cannot be used as it is:");
    return lines.map((line) => line.replace(/^ {2}/, ""));
  }
  throw new Error("nothing was said");
}

const schedulers = '"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf" or "mh"';

test.each<[string, Record<string, unknown>, string]>([
  [
    "a VIP outside the network",
    { services: [{ vip: "10.0.0.1" }] },
    "services[0].vip: 10.0.0.1 is outside the network 172.16.0.0/24; write an address from 172.16.0.1 to 172.16.0.254",
  ],
  [
    "a VIP that is the network's broadcast address",
    { services: [{ vip: "172.16.0.255" }] },
    "services[0].vip: 172.16.0.255 is outside the network 172.16.0.0/24; write an address from 172.16.0.1 to 172.16.0.254",
  ],
  [
    "a VIP that a machine has",
    { director: { address: "172.16.0.31" }, services: [{ vip: "172.16.0.31" }] },
    "services[0].vip: 172.16.0.31 is the address of the director; a VIP needs one that no machine has",
  ],
  [
    "a VIP that the gateway has",
    { network: { gateway: "172.16.0.1" }, services: [{ vip: "172.16.0.1" }] },
    "services[0].vip: 172.16.0.1 is the address of the gateway; a VIP needs one that no machine has",
  ],
  [
    "two machines with one address",
    { nfs: { address: "172.16.0.34" }, realServers: [{ name: "alpha", address: "172.16.0.34" }] },
    "realServers[0].address: 172.16.0.34 is already the address of the NFS server; write another",
  ],
  [
    "two real servers with one address",
    { realServers: [{ address: "172.16.0.32" }, { address: "172.16.0.32" }] },
    "realServers[1].address: 172.16.0.32 is already the address of real server rs1; write another",
  ],
  [
    "a machine outside the network",
    { mysql: { address: "172.16.1.35" } },
    "mysql.address: 172.16.1.35 is outside the network 172.16.0.0/24; write an address from 172.16.0.1 to 172.16.0.254",
  ],
  [
    "no address at all",
    { services: [{ vip: "172.16.0" }] },
    'services[0].vip: "172.16.0" is no IPv4 address; write one like 172.16.0.31',
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
    "a network too small for a site",
    { network: { cidr: "172.16.0.0/27" } },
    "network.cidr: 172.16.0.0/27 is too small for a site; write a network from /8 to /26",
  ],
  [
    "a network too large for a site",
    { network: { cidr: "0.0.0.0/0" } },
    "network.cidr: 0.0.0.0/0 is too large for a site; write a network from /8 to /26",
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
    "a service on sshd's port",
    { services: [{ port: 22 }] },
    "services[0].port: 22 is sshd's on every real server; write another",
  ],
  [
    "a service on php-fpm's port",
    { services: [{ port: 9000 }] },
    'services[0].port: 9000 is php-fpm\'s on every real server; write another, or "unix" as php.listener',
  ],
  [
    "KVM to be tried on another host",
    { hypervisor: { uri: "qemu+ssh://kvm1/system" } },
    'hypervisor.accelerator: "auto" cannot be tried on another host; write "kvm" or "qemu"',
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
    "a director with too little memory",
    { director: { memoryMiB: 255 } },
    "director.memoryMiB: 255 MiB is too small for director; write at least 256",
  ],
  [
    "a real server with too little memory",
    { realServers: [{}, { memoryMiB: 383 }] },
    "realServers[1].memoryMiB: 383 MiB is too small for rs2; write at least 384",
  ],
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
    "network.colour: is not a setting; known here: cidr, gateway, forward",
  ],
  [
    "more php-fpm children than memory",
    { php: { maxChildren: 9 }, realServers: [{}] },
    "php.maxChildren: 9 children need 832 MiB and rs1 has 768; write at most 8, or give it more memory",
  ],
  [
    "fewer connections than php-fpm children",
    { mysql: { maxConnections: 25 } },
    "mysql.maxConnections: 25 is too few for 16 php-fpm children; write at least 26",
  ],
  [
    "more connections than memory",
    { mysql: { maxConnections: 161 } },
    "mysql.memoryMiB: 768 MiB is too small for 161 connections; write at least 771",
  ],
  [
    "one name twice",
    { realServers: [{ name: "alpha" }, { name: "alpha" }] },
    'realServers[1].name: "alpha" is already a machine\'s name; write another',
  ],
  [
    "a default name that is taken",
    { realServers: [{ name: "rs2" }, {}] },
    'realServers[1].name: "rs2" is already a machine\'s name; write another',
  ],
  [
    "a real server named as another machine",
    { realServers: [{ name: "nfs" }] },
    'realServers[0].name: "nfs" is already a machine\'s name; write another',
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
    "one VIP and port twice",
    { services: [{}, { port: 8080 }, { name: "again" }] },
    "services[2]: tcp 172.16.0.40:80 is already services[0]; change its VIP or port",
  ],
  [
    "a number where a group is wanted",
    { network: 24 },
    "network: 24 is no group of settings; write some of these below it: cidr, gateway, forward",
  ],
  [
    "one real server where a list is wanted",
    { realServers: { name: "rs1" } },
    'realServers: {"name":"rs1"} is no list; write entries below it, each after a "-"',
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

test("everything that is wrong is said at once", () => {
  expect(
    saidOf({ relServers: [], network: { cidr: "lan" }, services: [{ port: 0 }, { schedular: "rr" }] }),
  ).toEqual([
    'network.cidr: "lan" is no network; write one like 172.16.0.0/24',
    "services[0].port: 0 is too small; write a number from 1 to 65535",
    'services[1].schedular: is not a setting, did you mean "scheduler"?',
    'relServers: is not a setting, did you mean "realServers"?',
  ]);
});

test("addresses, names and sizes are all judged before anything is said", () => {
  expect(
    saidOf({
      services: [{ vip: "10.0.0.1" }],
      realServers: [{ name: "nfs" }],
      mysql: { maxConnections: 10 },
    }),
  ).toEqual([
    "services[0].vip: 10.0.0.1 is outside the network 172.16.0.0/24; write an address from 172.16.0.1 to 172.16.0.254",
    'realServers[0].name: "nfs" is already a machine\'s name; write another',
    "mysql.maxConnections: 10 is too few for 8 php-fpm children; write at least 18",
  ]);
});

test("too little memory for a role is said before what would fit into it", () => {
  expect(saidOf({ mysql: { memoryMiB: 383, maxConnections: 10 } })).toEqual([
    "mysql.memoryMiB: 383 MiB is too small for mysql; write at least 384",
  ]);
});
