import { bridgeName, machinesOf, resolveSite, vipsOf } from "../../../settings/site";

test("an empty stack file is a whole site", () => {
  expect(resolveSite("dev", {})).toEqual({
    stack: "dev",
    hypervisor: { uri: "qemu:///system", accelerator: "auto" },
    image: {},
    layDown: true,
    network: {
      name: "lvs-dev",
      bridge: "lvs-dev",
      cidr: "172.16.0.0/24",
      prefix: 24,
      gateway: "172.16.0.1",
      forward: "nat",
    },
    director: {
      name: "director",
      role: "director",
      address: "172.16.0.31",
      mac: "52:54:ac:10:00:1f",
      memoryMiB: 512,
      vcpus: 1,
      manager: "ipvsadm",
    },
    services: [
      { name: "web", vip: "172.16.0.40", port: 80, protocol: "tcp", scheduler: "wlc", forwarding: "dr" },
    ],
    realServers: [
      {
        name: "rs1",
        role: "realServer",
        address: "172.16.0.32",
        mac: "52:54:ac:10:00:20",
        memoryMiB: 768,
        vcpus: 1,
        weight: 1,
        phpChildren: 8,
      },
      {
        name: "rs2",
        role: "realServer",
        address: "172.16.0.33",
        mac: "52:54:ac:10:00:21",
        memoryMiB: 768,
        vcpus: 1,
        weight: 1,
        phpChildren: 8,
      },
    ],
    php: { listener: "tcp" },
    nfs: {
      name: "nfs",
      role: "nfs",
      address: "172.16.0.34",
      mac: "52:54:ac:10:00:22",
      memoryMiB: 768,
      vcpus: 1,
    },
    mysql: {
      name: "mysql",
      role: "mysql",
      address: "172.16.0.35",
      mac: "52:54:ac:10:00:23",
      memoryMiB: 768,
      vcpus: 1,
      maxConnections: 26,
      bufferPoolMiB: 466,
    },
    wordpress: {
      title: "LVS WordPress",
      adminUser: "admin",
      adminEmail: "admin@example.org",
      hostNames: [],
    },
  });
});

test("everything said is kept", () => {
  const site = resolveSite("dev", {
    hypervisor: { uri: "qemu+ssh://host/system", accelerator: "qemu", provider: "/opt/provider" },
    image: { hash: "0123456789ab" },
    layDown: false,
    network: { cidr: "10.7.0.0/16", gateway: "10.7.9.1", forward: "open" },
    director: { address: "10.7.9.2", memoryMiB: 300, vcpus: 2 },
    services: [{ name: "shop", vip: "10.7.9.3", port: 8080, scheduler: "mh" }],
    realServers: [{ name: "alpha", address: "10.7.9.4", memoryMiB: 1024, weight: 0 }],
    php: { listener: "unix", maxChildren: 3 },
    mysql: { memoryMiB: 1024, maxConnections: 50 },
    wordpress: { title: "It's", adminUser: "root.1", adminEmail: "a@b.org", hostNames: ["www.b.org"] },
  });
  expect(site.hypervisor).toEqual({
    uri: "qemu+ssh://host/system",
    accelerator: "qemu",
    provider: "/opt/provider",
  });
  expect(site.image).toEqual({ hash: "0123456789ab" });
  expect(site.layDown).toBe(false);
  expect(site.network).toMatchObject({
    cidr: "10.7.0.0/16",
    prefix: 16,
    gateway: "10.7.9.1",
    forward: "open",
  });
  expect(site.director).toMatchObject({ address: "10.7.9.2", memoryMiB: 300, vcpus: 2 });
  expect(site.services).toEqual([
    { name: "shop", vip: "10.7.9.3", port: 8080, protocol: "tcp", scheduler: "mh", forwarding: "dr" },
  ]);
  expect(site.realServers).toHaveLength(1);
  expect(site.realServers[0]).toMatchObject({ name: "alpha", memoryMiB: 1024, weight: 0, phpChildren: 3 });
  expect(site.php).toEqual({ listener: "unix" });
  expect(site.mysql).toMatchObject({ memoryMiB: 1024, maxConnections: 50, bufferPoolMiB: 650 });
  expect(site.wordpress).toEqual({
    title: "It's",
    adminUser: "root.1",
    adminEmail: "a@b.org",
    hostNames: ["www.b.org"],
  });
});

test("php-fpm children follow each real server's memory, and MariaDB's connections their sum", () => {
  const site = resolveSite("dev", { realServers: [{ memoryMiB: 512 }, { memoryMiB: 1024 }] });
  expect(site.realServers.map(({ phpChildren }) => phpChildren)).toEqual([4, 12]);
  expect(site.mysql.maxConnections).toBe(4 + 12 + 10);
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

test("a bridge is named after its stack", () => {
  expect(bridgeName("dev")).toBe("lvs-dev");
  expect(bridgeName("elevenchars")).toBe("lvs-elevenchars");
});

test("a long stack name becomes an interface name of 15 characters that no other long name has", () => {
  const stacks = ["production-europe", "production-asia", "production-america", "production-americas"];
  const names = stacks.map(bridgeName);
  expect(names.map((name) => name.length)).toEqual([15, 15, 15, 15]);
  expect(names.filter((name) => /^lvs-[a-z0-9-]+$/.test(name))).toHaveLength(4);
  expect(new Set(names).size).toBe(4);
});
