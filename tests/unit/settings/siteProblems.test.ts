import { resolveSite } from "../../../settings/resolve";
import { saidOf } from "./said";

const web = { content: "static" };

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
    "services[0].vip: 172.16.0.31 is the address of the director; a VIP needs an address that no machine has",
  ],
  [
    "a VIP that the gateway has",
    { network: { gateway: "172.16.0.1" }, services: [{ vip: "172.16.0.1" }] },
    "services[0].vip: 172.16.0.1 is the address of the gateway; a VIP needs an address that no machine has",
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
    "a service on sshd's port that is not ssh",
    { services: [{ port: 22, application: "http" }] },
    "services[0].port: 22 is sshd's on every real server; write another",
  ],
  [
    "a service on php-fpm's port",
    { services: [{ port: 9000 }] },
    'services[0].port: 9000 is php-fpm\'s on every real server; write another, or "unix" as php.listener',
  ],
  [
    "KVM to be tried on another host",
    { hypervisor: { uri: "qemu+ssh://kvm1/system" }, managementCidrs: ["192.0.2.1"] },
    'hypervisor.accelerator: "auto" cannot be tried on another host; write "kvm" or "qemu"',
  ],
  [
    "a hypervisor elsewhere whose machines would let in nobody from here",
    { hypervisor: { uri: "qemu+ssh://kvm1/system", accelerator: "kvm" } },
    'managementCidrs: is empty, and qemu+ssh://kvm1/system is another host: its machines would drop your ssh; write the networks from which you reach them, or "false" as firewall',
  ],
  [
    "management from no network",
    { managementCidrs: ["10.0.0.0/33"] },
    "managementCidrs[0]: write addresses or networks such as 192.0.2.0/24",
  ],
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
    "one name of services twice",
    { services: [{ name: "web" }, { name: "web", port: 8080 }] },
    'services[1].name: "web" is already a service\'s name; write another',
  ],
  [
    "a default name of services that is taken",
    { services: [{ name: "web2" }, { port: 8080 }] },
    'services[1].name: "web2" is already a service\'s name; write another',
  ],
  [
    "one VIP and port twice",
    { services: [{}, { port: 8080 }, { name: "again" }] },
    "services[2]: tcp 172.16.0.40:80 is already services[0]; change its VIP or port",
  ],
  [
    "WordPress without a service that shows it",
    { services: [{ port: 22 }] },
    'content: no service uses http or https, so nothing serves "wordpress"; write a service with port 80, or "static" here',
  ],
  [
    "a MySQL server of a static site",
    { ...web, mysql: {} },
    'mysql: a static site has no MySQL server; leave it out, or write "wordpress" as content',
  ],
  [
    "an NFS server of a shop",
    { content: "shop", nfs: {} },
    'nfs: a shop has its pages on each real server; leave it out, or write "static" as content',
  ],
  [
    "a certificate without its key",
    { ...web, services: [{ port: 443 }], tls: { certificateFile: "site.pem" } },
    "tls: a certificate of your own needs both certificateFile and keyFile; write both or neither",
  ],
  [
    "a renewal before the beginning",
    { ...web, services: [{ port: 443 }], tls: { validityDays: 30 } },
    "tls.renewalDays: 30 days before its end is before its beginning; write a number below 30",
  ],
])("%s is refused", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test("WordPress is shown by every port, or by https alone", () => {
  expect(() => resolveSite("dev", { services: [{ port: 0, persistence: {} }] })).not.toThrow();
  expect(() => resolveSite("dev", { services: [{ port: 443 }], tls: {} })).not.toThrow();
});

test("everything that is wrong is said at once", () => {
  expect(
    saidOf({ relServers: [], network: { cidr: "lan" }, services: [{ port: -1 }, { schedular: "rr" }] }),
  ).toEqual([
    'network.cidr: "lan" is no network; write one like 172.16.0.0/24',
    "services[0].port: -1 is too small; write a number from 0 to 65535",
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
