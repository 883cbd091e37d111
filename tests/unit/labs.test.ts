import { readFileSync, readdirSync } from "node:fs";
import { Cidr } from "../../settings/ipv4";
import { schedulers } from "../../settings/schedulers";
import { type SiteSettings, directorsOf, machinesOf, vipsOf } from "../../settings/site";
import { sourceOf } from "../../settings/webFiles";
import { lab, labNames } from "./labs";

/** Each machine's addresses by its name. */
const addressesOf = (site: SiteSettings): Record<string, string> =>
  Object.fromEntries(
    machinesOf(site).map(({ name, nics }) => [name, nics.flatMap(({ addresses }) => addresses).join(" ")]),
  );
const cidrsOf = (site: SiteSettings) => site.networks.map(({ name, cidr }) => `${name} ${cidr}`);
const methodsOf = (site: SiteSettings) => [...new Set(site.services.map(({ forwarding }) => forwarding))];

test("the table of labs has every lab, with its page and its size", () => {
  const rows = [
    ...readFileSync("docs/labs/README.md", "utf8").matchAll(
      /^\| \[(.*?)\]\((.*?)\) .*\| (\d+) +\| (\d+) +\|$/gm,
    ),
  ];
  const sizes = labNames.map((name) => {
    const machines = machinesOf(lab(name));
    const memoryMiB = machines.reduce((sum, machine) => sum + machine.memoryMiB, 0);
    return [name, `${name}.md`, `${machines.length}`, `${memoryMiB}`];
  });
  expect(rows.map(([, ...columns]) => columns).toSorted()).toEqual(sizes.toSorted());
  const pages = readdirSync("docs/labs").filter((file) => file.endsWith(".md") && file !== "README.md");
  expect(pages.toSorted()).toEqual(sizes.map(([, page]) => page).toSorted());
});

test.each(labNames)("the stack file of %s has nothing to mend", (name) => {
  expect(lab(name)).toMatchObject({ stack: name, layDown: true });
});

// The classic addresses of two pairs overlap: those are not up at once.
test("no other two labs share a network, so that they may run side by side", () => {
  const networks = labNames
    .filter((name) => !["dr-wordpress", "persistence", "monitored"].includes(name))
    .flatMap((name) => lab(name).networks.map(({ cidr }) => ({ name, cidr })));
  const overlaps = networks.flatMap((one, index) =>
    networks
      .slice(0, index)
      .filter(({ cidr }) => new Cidr(cidr).overlaps(new Cidr(one.cidr)))
      .map((other) => `${one.name} ${one.cidr} and ${other.name} ${other.cidr}`),
  );
  expect(networks.length).toBeGreaterThan(labNames.length);
  expect(overlaps).toEqual([]);
});

test.each(labNames)("no network of %s is one that a common host has already", (name) => {
  const common = ["172.17.0.0/16", "192.168.122.0/24", "192.168.0.0/24", "192.168.1.0/24"].map(
    (text) => new Cidr(text),
  );
  const networks = lab(name).networks.map(({ cidr }) => new Cidr(cidr));
  expect(networks.filter((network) => common.some((other) => other.overlaps(network)))).toEqual([]);
});

test.each(labNames.filter((name) => lab(name).content === "static" && lab(name).realServers.length === 2))(
  "%s fits in 2 GiB",
  (name) => {
    const sum = machinesOf(lab(name)).reduce((total, { memoryMiB }) => total + memoryMiB, 0);
    expect(sum).toBeLessThanOrEqual(2048);
  },
);

test("dr-wordpress has the addresses of the tutorials", () => {
  const site = lab("dr-wordpress");
  expect(vipsOf(site)).toEqual(["172.16.0.40"]);
  expect(addressesOf(site)).toEqual({
    director: "172.16.0.31",
    rs1: "172.16.0.32",
    rs2: "172.16.0.33",
    nfs: "172.16.0.34",
    mysql: "172.16.0.35",
  });
});

test("dr-dual-nic has four real servers on both networks, and NFS on the storage one alone", () => {
  const site = lab("dr-dual-nic");
  expect(cidrsOf(site)).toEqual(["front 172.16.16.0/24", "storage 192.168.7.0/24"]);
  expect(vipsOf(site)).toEqual(["172.16.16.172"]);
  expect(addressesOf(site)).toEqual({
    director: "172.16.16.173 192.168.7.173",
    rs1: "172.16.16.177 192.168.7.177",
    rs2: "172.16.16.178 192.168.7.178",
    rs3: "172.16.16.179 192.168.7.179",
    rs4: "172.16.16.180 192.168.7.180",
    nfs: "192.168.7.250",
  });
  expect(site.services).toMatchObject([{ scheduler: "rr", forwarding: "dr" }]);
  expect(site.realServers.map(({ weight }) => weight)).toEqual([1, 1, 1, 1]);
  expect(site).toMatchObject({ content: "static", firewall: true });
});

test("nat-lnmp has the director's own address as VIP and the director as the real servers' gateway", () => {
  const site = lab("nat-lnmp");
  expect(cidrsOf(site)[1]).toBe("inside 192.168.10.0/24");
  const [outside, inside] = site.director.nics.map(({ addresses }) => addresses[0]);
  expect(vipsOf(site)).toEqual([outside]);
  expect(inside).toBe("192.168.10.200");
  expect(site.realServers.map(({ address, weight }) => [address, weight])).toEqual([
    ["192.168.10.188", 2],
    ["192.168.10.189", 1],
  ]);
  expect(site.realServers.map(({ nics }) => nics.map(({ gateway }) => gateway))).toEqual([
    [inside],
    [inside],
  ]);
  expect(site.services).toMatchObject([{ scheduler: "wrr", forwarding: "nat" }]);
  expect(site.content).toBe("shop");
});

test("dr-lnmp is the shop of nat-lnmp on one network", () => {
  const site = lab("dr-lnmp");
  expect(site.networks).toHaveLength(1);
  const hosts = (addresses: readonly string[]) => addresses.map((address) => address.split(".")[3]);
  expect(hosts(vipsOf(site))).toEqual(["100"]);
  expect(hosts(machinesOf(site).map(({ address }) => address))).toEqual(["132", "236", "253"]);
  expect(site.services).toMatchObject([{ scheduler: "wrr", forwarding: "dr" }]);
  expect(site.realServers.map(({ weight }) => weight)).toEqual([2, 1]);
  expect(site.content).toBe("shop");
});

test.each(["tun", "fullnat"])("%s has its real servers on another network than the VIP", (name) => {
  const site = lab(name);
  expect(methodsOf(site)).toEqual([name]);
  expect(site.networks).toHaveLength(2);
  const front = new Cidr(site.networks[0].cidr);
  expect(
    site.services.flatMap(({ destinations }) => destinations).map(({ address }) => front.contains(address)),
  ).toEqual([false, false]);
});

test("the real servers of fullnat have no route to anywhere", () => {
  expect(lab("fullnat").realServers.flatMap(({ nics }) => nics.map(({ gateway }) => gateway))).toEqual([
    undefined,
    undefined,
  ]);
});

test("schedulers has every scheduler of Debian's kernel, and the flags of sh and mh", () => {
  const site = lab("schedulers");
  expect(cidrsOf(site)).toEqual(["front 192.168.8.0/24"]);
  expect(vipsOf(site)[0]).toBe("192.168.8.230");
  expect(site.director.address).toBe("192.168.8.226");
  expect(site.realServers.map(({ address, weight }) => [address, weight])).toEqual([
    ["192.168.8.224", 2],
    ["192.168.8.225", 5],
  ]);
  const there = new Set(site.services.map(({ scheduler }) => scheduler));
  expect(schedulers.filter((scheduler) => !there.has(scheduler))).toEqual([]);
  const flags = site.services.flatMap(({ schedulerFlags }) => schedulerFlags);
  expect(flags).toEqual(["sh-fallback", "sh-port", "mh-fallback", "mh-port"]);
});

test("persistence has PCC, PPC and PFWM side by side, and ssh", () => {
  const site = lab("persistence");
  expect(cidrsOf(site)).toEqual(["front 172.16.0.0/16"]);
  expect(site.director.address).toBe("172.16.9.1");
  expect(site.realServers.map(({ address }) => address)).toEqual(["172.16.9.2", "172.16.9.3"]);
  const said = site.services.map(({ name, vip, ports, fwmark, persistence }) =>
    [name, vip, ports.join("+"), fwmark ?? "-", persistence ? persistence.netmask : "-"].join(" "),
  );
  expect(said).toEqual([
    "pfwm 172.16.66.1 80+443 66 255.255.255.255",
    "ssh 172.16.66.1 22 - -",
    "pcc 172.16.66.2 0 - 255.255.255.255",
    "ppc-80 172.16.66.3 80 - 255.255.255.255",
    "ppc-8080 172.16.66.3 8080 - 255.255.255.255",
    "networks 172.16.66.4 80 - 255.255.255.0",
  ]);
  expect(site.tls).toMatchObject({ names: ["www.example.org"] });
  expect(site.client?.nics[0]?.addresses).toHaveLength(4);
});

test("synced has code on its real servers that the NFS server pushes, and uploads that it shares", () => {
  const site = lab("synced");
  expect(site).toMatchObject({ content: "wordpress", sync: "lsyncd", wordpress: { shared: "uploads" } });
  expect(sourceOf(site)).toBe(site.nfs);
});

test("ha-full has two of everything but NFS, which makes the backups", () => {
  const site = lab("ha-full");
  expect(site).toMatchObject({ content: "wordpress", firewall: true, backup: {}, sorry: {} });
  expect(site.sorry).not.toHaveProperty("machine");
  expect(directorsOf(site).map(({ manager }) => manager)).toEqual(["keepalived", "keepalived"]);
  expect(addressesOf(site)).toEqual({
    director: "172.16.60.31",
    director2: "172.16.60.30",
    rs1: "172.16.60.32",
    rs2: "172.16.60.33",
    rs3: "172.16.60.36",
    nfs: "172.16.60.34",
    mysql: "172.16.60.35",
    mysql2: "172.16.60.25",
  });
  expect([site.mysql!.name, site.replica!.name]).toEqual(["mysql", "mysql2"]);
});

test("dual-line has a VIP on each of two lines, and one site behind both", () => {
  const site = lab("dual-line");
  expect(site.services).toHaveLength(2);
  expect(site.director.nics.slice(0, 2).map(({ cidr, gateway }) => [cidr, gateway !== undefined])).toEqual(
    site.services.map(({ vip }) => [vip.replace(/\d+$/, "0/24"), true]),
  );
  const [one, two] = site.services.map(({ destinations }) => destinations);
  expect(one).toEqual(two);
});

test("ipv6 has the same site over a ULA prefix and over IPv4", () => {
  const site = lab("ipv6");
  expect(site.networks[0].cidr6).toMatch(/^fd/);
  expect(site.services.map(({ family }) => family)).toEqual([6, 4]);
});

test("mixed has every forwarding method and every protocol in one stack", () => {
  const site = lab("mixed");
  expect(methodsOf(site)).toEqual(["dr", "nat", "tun", "fullnat"]);
  expect([...new Set(site.services.map(({ protocol }) => protocol))]).toEqual(["tcp", "udp", "sctp"]);
});
