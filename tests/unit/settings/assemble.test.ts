import { bridgeName } from "../../../settings/assemble/networks";
import { resolveSite } from "../../../settings/resolve";
import { inside } from "./said";

const web = { content: "static" };
test("each NIC is on the network of its address, in the order of the addresses", () => {
  const { director } = resolveSite("dev", {
    ...web,
    networks: [{ ...inside, cidr6: "fd00:1::/64" }],
    director: { addresses: ["172.16.1.31", "172.16.0.9"] },
  });
  expect(director.address).toBe("172.16.1.31");
  expect(director.nics).toStrictEqual([
    {
      device: "eth0",
      mac: "52:54:ac:10:01:1f",
      network: "inside",
      addresses: ["172.16.1.31"],
      cidr: "172.16.1.0/24",
      prefix: 24,
      address6: "fd00:1::1f",
      prefix6: 64,
      throughDirector: false,
    },
    {
      device: "eth1",
      mac: "52:54:ac:10:00:09",
      network: "front",
      addresses: ["172.16.0.9"],
      cidr: "172.16.0.0/24",
      prefix: 24,
      gateway: "172.16.0.1",
      throughDirector: false,
    },
  ]);
});

test("a further network has a bridge and a libvirt network of its own, and the hypervisor's IPv6 host number", () => {
  const { networks } = resolveSite("dev", { ...web, networks: [{ ...inside, cidr6: "fd00:1::/64" }] });
  expect(networks[1]).toStrictEqual({
    name: "inside",
    libvirtName: "lvs-dev:inside",
    bridge: "lvs-dev-inside",
    cidr: "172.16.1.0/24",
    prefix: 24,
    gateway: "172.16.1.1",
    cidr6: "fd00:1::/64",
    prefix6: 64,
    gateway6: "fd00:1::1",
    forward: "none",
  });
});

test("behind nat the director is the gateway, on the NIC concerned alone", () => {
  const services = [{}, { port: 8080, forwarding: "nat" }];
  const [server] = resolveSite("dev", { ...web, networks: [inside], services }).realServers;
  expect(server.nics.map(({ gateway, throughDirector }) => [gateway, throughDirector])).toEqual([
    ["172.16.0.1", false],
    ["172.16.1.31", true],
  ]);
});

test("behind full NAT on an isolated network a real server has no gateway", () => {
  const services = [{ forwarding: "fullnat" }];
  const [server] = resolveSite("dev", { ...web, networks: [inside], services }).realServers;
  expect(server.nics.map(({ network, gateway }) => [network, gateway])).toEqual([["inside", undefined]]);
});

test.each([
  ["dr", "172.16.0.32"],
  ["nat", "172.16.1.32"],
  ["tun", "172.16.1.32"],
  ["fullnat", "172.16.1.32"],
])("%s sends to %s of a real server that is on both networks", (forwarding, address) => {
  const realServers = [{ addresses: ["172.16.0.32", "172.16.1.32"] }];
  const site = resolveSite("dev", { ...web, networks: [inside], realServers, services: [{ forwarding }] });
  expect(site.services[0].destinations.map((destination) => destination.address)).toEqual([address]);
});

test("full NAT sends to no network on which the director is not", () => {
  const site = resolveSite("dev", {
    ...web,
    networks: [inside],
    director: { address: "172.16.0.31" },
    realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
    services: [{ forwarding: "fullnat" }],
  });
  expect(site.services[0].destinations[0]!.address).toBe("172.16.0.32");
});

test("direct routing sends to the real servers' NIC on the VIP's own network, whichever that is", () => {
  const site = resolveSite("dev", {
    ...web,
    networks: [inside],
    realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
    services: [{ vip: "172.16.1.40" }],
  });
  expect(site.services[0].destinations[0]!.address).toBe("172.16.1.32");
});

test("an IPv6 service sends to IPv6 addresses, all in one spelling", () => {
  const site = resolveSite("dev", {
    ...web,
    network: { cidr6: "fd00:16::/64" },
    services: [{ vip: "FD00:16::0:40" }],
  });
  expect(site.services[0]).toMatchObject({ family: 6, vip: "fd00:16::40", vips: ["fd00:16::40"] });
  expect(site.services[0].destinations.map(({ address }) => address)).toEqual(["fd00:16::20", "fd00:16::21"]);
});

test("ports and VIPs in the plural are balanced by a mark, which its name makes by default, and keep their port", () => {
  const site = resolveSite("dev", {
    ...web,
    services: [{}, { port: 81, vips: ["172.16.0.41"] }, { ports: [8080, "9000-9010"], fwmark: 77 }],
  });
  expect(
    site.services.map(({ fwmark, port, ports, destinations }) => [
      fwmark,
      port,
      ports,
      destinations[0]!.port,
    ]),
  ).toEqual([
    [undefined, 80, ["80"], 80],
    [17536, 81, ["81"], 0],
    [77, 8080, ["8080", "9000-9010"], 0],
  ]);
});

test("a service that goes leaves the mark of a named one as it was", () => {
  const marksOf = (services: object[]) =>
    resolveSite("dev", { ...web, services }).services.map(({ fwmark }) => fwmark);
  const [first, second] = [
    { name: "shop", ports: [80] },
    { name: "mail", ports: [8080] },
  ];
  expect(marksOf([first, second])).toEqual([32790, ...marksOf([second])]);
});

test("services without a name are called web, web2, web3 by their place", () => {
  const services = [{}, { port: 81 }, { name: "own", port: 82 }, { port: 83 }];
  const names = resolveSite("dev", { ...web, services }).services.map(({ name }) => name);
  expect(names).toEqual(["web", "web2", "own", "web4"]);
});

test("the destination stands away from all of a service's VIPs, where it can", () => {
  const site = resolveSite("dev", {
    ...web,
    networks: [{ name: "line2", cidr: "172.16.2.0/24" }, inside],
    services: [{ vips: ["172.16.0.40", "172.16.2.40"], forwarding: "nat" }],
    realServers: [{ addresses: ["172.16.2.32", "172.16.1.32"] }],
  });
  expect(site.services[0].destinations[0]!.address).toBe("172.16.1.32");
});

test("a service has the real servers that it names, in the site's order, and the port that it maps", () => {
  const site = resolveSite("dev", {
    ...web,
    networks: [inside],
    realServers: [{}, {}, {}],
    services: [{ forwarding: "nat", realServers: ["rs3", "rs1"], realServerPort: 8080 }],
  });
  expect(site.services[0].destinations.map(({ name, port }) => [name, port])).toEqual([
    ["rs1", 8080],
    ["rs3", 8080],
  ]);
});

test("flags stand in ipvsadm's order, and persistence has its defaults", () => {
  const services = [{ scheduler: "sh", schedulerFlags: ["sh-port", "sh-fallback"], persistence: {} }];
  const [service] = resolveSite("dev", { ...web, services }).services;
  expect(service.schedulerFlags).toEqual(["sh-fallback", "sh-port"]);
  expect(service.persistence).toEqual({ timeoutSeconds: 300, netmask: "255.255.255.255" });
});

test("a bridge is named after its stack", () => {
  expect(bridgeName("dev")).toBe("lvs-dev");
  expect(bridgeName("elevenchars")).toBe("lvs-elevenchars");
});

test("a long stack name becomes an interface name of 15 characters that no other long name has", () => {
  const stacks = ["production-europe", "production-asia", "production-america", "production-americas"];
  const names = stacks.map((stack) => bridgeName(stack));
  expect(names.map((name) => name.length)).toEqual([15, 15, 15, 15]);
  expect(names.filter((name) => /^lvs-[a-z0-9-]+$/.test(name))).toHaveLength(4);
  expect(new Set(names).size).toBe(4);
});

test("a bridge of a further network is named after both, in 15 characters", () => {
  expect(bridgeName("dev", "storage")).toBe("lvs-dev-storage");
  expect(bridgeName("staging", "storage")).toMatch(/^lvs-sta-[a-z0-9]{7}$/);
  expect(bridgeName("dev", "lan")).toBe("lvs-dev-lan");
});
