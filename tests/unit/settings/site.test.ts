import { resolveSite } from "../../../settings/resolve";
import {
  type MachineSettings,
  addressToward,
  machinesOf,
  siteHost,
  siteUrl,
  vipsOf,
} from "../../../settings/site";

/** A machine with one NIC on the front network of the stack dev. */
const machine = (name: string, role: MachineSettings["role"], host: number, memoryMiB: number) => ({
  name,
  role,
  address: `172.16.0.${host}`,
  nics: [
    {
      device: "eth0",
      mac: `52:54:ac:10:00:${host.toString(16).padStart(2, "0")}`,
      network: "front",
      addresses: [`172.16.0.${host}`],
      cidr: "172.16.0.0/24",
      prefix: 24,
      gateway: "172.16.0.1",
      throughDirector: false,
    },
  ],
  memoryMiB,
  vcpus: 1,
});

test("an empty stack file is a whole site", () => {
  expect(resolveSite("dev", {})).toStrictEqual({
    stack: "dev",
    hypervisor: { uri: "qemu:///system", accelerator: "auto" },
    image: { suite: "trixie" },
    protect: true,
    reconcile: true,
    layDown: true,
    content: "wordpress",
    firewall: true,
    managementCidrs: ["172.16.0.1"],
    securityUpdates: false,
    debianMirror: "http://deb.debian.org/debian",
    nameServers: [],
    networks: [
      {
        name: "front",
        libvirtName: "lvs-dev",
        bridge: "lvs-dev",
        cidr: "172.16.0.0/24",
        prefix: 24,
        gateway: "172.16.0.1",
        forward: "nat",
      },
    ],
    director: {
      ...machine("director", "director", 31, 512),
      manager: "ipvsadm",
      health: "none",
      drainSeconds: 30,
      timeouts: { tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 },
    },
    services: [
      {
        name: "web",
        vip: "172.16.0.40",
        vips: ["172.16.0.40"],
        family: 4,
        protocol: "tcp",
        port: 80,
        ports: ["80"],
        scheduler: "wlc",
        schedulerFlags: [],
        forwarding: "dr",
        onePacket: false,
        listeners: [{ application: "http", from: 80, to: 80 }],
        destinations: [
          { name: "rs1", address: "172.16.0.32", port: 80, weight: 1, upperThreshold: 0, lowerThreshold: 0 },
          { name: "rs2", address: "172.16.0.33", port: 80, weight: 1, upperThreshold: 0, lowerThreshold: 0 },
        ],
      },
    ],
    realServers: [
      { ...machine("rs1", "realServer", 32, 768), weight: 1, drained: false, phpChildren: 8 },
      { ...machine("rs2", "realServer", 33, 768), weight: 1, drained: false, phpChildren: 8 },
    ],
    php: { listener: "tcp", uploadMiB: 64 },
    cache: {
      page: { seconds: 10, staleSeconds: 86_400, timeoutSeconds: 10, maxMiB: 128 },
      opcacheMiB: 96,
      realpathCacheKiB: 1024,
    },
    nfs: machine("nfs", "nfs", 34, 768),
    sync: "none",
    mysql: {
      ...machine("mysql", "mysql", 35, 768),
      maxConnections: 26,
      bufferPoolMiB: 466,
      serverId: 1,
      semiSyncTimeoutSeconds: 10,
    },
    wordpress: {
      shared: "tree",
      title: "LVS WordPress",
      adminUser: "admin",
      adminEmail: "admin@example.org",
      hostNames: [],
      cronIntervalSeconds: 60,
      xmlrpc: false,
      loginsPerMinute: 30,
      publicUsers: false,
      publicVersion: false,
      installer: false,
      phpFiles: [],
      securityHeaders: true,
    },
    trustedProxies: [],
  });
});

test("everything said is kept", () => {
  const site = resolveSite("dev", {
    hypervisor: { uri: "qemu+ssh://host/system", accelerator: "qemu", provider: "/opt/provider" },
    image: { suite: "trixie", hash: "0123456789ab" },
    layDown: false,
    firewall: true,
    managementCidrs: ["192.0.2.0/24", "2001:db8::/32"],
    securityUpdates: true,
    debianMirror: "http://mirror.example.org:8080/debian",
    nameServers: ["192.0.2.53"],
    network: { cidr: "10.7.0.0/16", gateway: "10.7.9.1", forward: "open" },
    director: {
      address: "10.7.9.2",
      memoryMiB: 300,
      vcpus: 2,
      drainSeconds: 5,
      timeouts: { tcpSeconds: 60, tcpFinSeconds: 2 },
    },
    services: [{ name: "shop", vip: "10.7.9.3", port: 8080, scheduler: "mh", schedulerFlags: ["mh-port"] }],
    realServers: [
      {
        name: "alpha",
        address: "10.7.9.4",
        memoryMiB: 1024,
        weight: 0,
        upperThreshold: 9,
        lowerThreshold: 5,
      },
    ],
    php: { listener: "unix", maxChildren: 3 },
    mysql: { memoryMiB: 1024, maxConnections: 50 },
    client: { address: "10.7.9.9", sources: 2 },
    wordpress: { title: "It's", adminUser: "root.1", adminEmail: "a@b.org", hostNames: ["www.b.org"] },
  });
  expect(site).toMatchObject({
    hypervisor: { uri: "qemu+ssh://host/system", accelerator: "qemu", provider: "/opt/provider" },
    image: { suite: "trixie", hash: "0123456789ab" },
    layDown: false,
    firewall: true,
    managementCidrs: ["10.7.9.1", "192.0.2.0/24", "2001:db8::/32"],
    securityUpdates: true,
    debianMirror: "http://mirror.example.org:8080/debian",
    nameServers: ["192.0.2.53"],
    networks: [{ cidr: "10.7.0.0/16", prefix: 16, gateway: "10.7.9.1", forward: "open" }],
    director: {
      address: "10.7.9.2",
      memoryMiB: 300,
      vcpus: 2,
      drainSeconds: 5,
      timeouts: { tcpSeconds: 60, tcpFinSeconds: 2, udpSeconds: 300 },
    },
    services: [
      {
        name: "shop",
        vip: "10.7.9.3",
        port: 8080,
        scheduler: "mh",
        schedulerFlags: ["mh-port"],
        destinations: [
          { name: "alpha", address: "10.7.9.4", port: 8080, weight: 0, upperThreshold: 9, lowerThreshold: 5 },
        ],
      },
    ],
    realServers: [{ name: "alpha", memoryMiB: 1024, weight: 0, phpChildren: 3 }],
    php: { listener: "unix" },
    mysql: { memoryMiB: 1024, maxConnections: 50, bufferPoolMiB: 650 },
    client: { role: "client", nics: [{ addresses: ["10.7.9.9", "10.7.9.10"] }] },
    wordpress: { title: "It's", adminUser: "root.1", adminEmail: "a@b.org", hostNames: ["www.b.org"] },
  });
  expect([site.services, site.realServers, site.networks].map(({ length }) => length)).toEqual([1, 1, 1]);
});

test("a static site has no MySQL server, and an NFS server only where one is written", () => {
  const names = (raw: Record<string, unknown>) => machinesOf(resolveSite("dev", raw)).map(({ name }) => name);
  expect(names({ content: "static" })).toEqual(["director", "rs1", "rs2"]);
  expect(names({ content: "static", nfs: {}, client: {} })).toEqual([
    "director",
    "rs1",
    "rs2",
    "nfs",
    "client",
  ]);
  expect(names({ content: "shop" })).toEqual(["director", "rs1", "rs2"]);
});

test("php-fpm children follow each real server's memory, and MariaDB's connections their sum", () => {
  const site = resolveSite("dev", { realServers: [{ memoryMiB: 512 }, { memoryMiB: 1024 }] });
  expect(site.realServers.map(({ phpChildren }) => phpChildren)).toEqual([4, 12]);
  expect(site.mysql?.maxConnections).toBe(4 + 12 + 10);
});

test("machines are listed with the director first", () => {
  expect(machinesOf(resolveSite("dev", {})).map(({ name }) => name)).toEqual([
    "director",
    "rs1",
    "rs2",
    "nfs",
    "mysql",
  ]);
});

test("two services on one VIP are one VIP", () => {
  const site = resolveSite("dev", { services: [{}, { port: 8080 }, { vip: "172.16.0.50" }] });
  expect(vipsOf(site)).toEqual(["172.16.0.40", "172.16.0.50"]);
});

test("a machine speaks to another from its address on that one's network", () => {
  const { realServers, nfs, director } = resolveSite("dev", {
    content: "static",
    networks: [{ name: "storage", cidr: "192.168.7.0/24" }],
    realServers: [{ addresses: ["172.16.0.32", "192.168.7.32"] }],
    nfs: { address: "192.168.7.34" },
  });
  expect(addressToward(realServers[0], nfs!)).toBe("192.168.7.32");
  expect(addressToward(realServers[0], director)).toBe("172.16.0.32");
});

test.each<[Record<string, unknown>, string, string]>([
  [{}, "http://172.16.0.40/", "172.16.0.40"],
  [{ services: [{ port: 8080 }] }, "http://172.16.0.40:8080/", "172.16.0.40:8080"],
  [{ services: [{ port: 22 }, { port: 80, vip: "172.16.0.41" }] }, "http://172.16.0.41/", "172.16.0.41"],
  [{ tls: {}, services: [{ ports: [80, 443] }] }, "http://172.16.0.40/", "172.16.0.40"],
  [{ tls: { redirect: true }, services: [{ ports: [80, 443] }] }, "https://172.16.0.40/", "172.16.0.40"],
  [{ tls: {}, services: [{ port: 443 }] }, "https://172.16.0.40/", "172.16.0.40"],
  [
    { network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:16::40", port: 81 }] },
    "http://[fd00:16::40]:81/",
    "[fd00:16::40]:81",
  ],
])("visitors of %j go to %s", (raw, url, host) => {
  const site = resolveSite("dev", raw);
  expect(siteUrl(site)).toBe(url);
  expect(siteHost(site)).toBe(host);
});
