import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { resolveSite } from "../../../settings/resolve";
import { machinesOf } from "../../../settings/site";
import {
  type Probe,
  isExpected,
  listeningIn,
  mayReach,
  expectedResult,
  probeScript,
  reachedIn,
} from "../../../verify/machines/reach";

const siteOf = (raw: Record<string, unknown>) => {
  const site = resolveSite("t", raw);
  const machine = (name: string) => machinesOf(site).find((known) => known.name === name)!;
  const asker = (name: string) => (name === "hypervisor" ? undefined : machine(name));
  const probe = (to: string): Probe => {
    const [, name, protocol, address, port] = /^(\w+) (tcp|udp|sctp) (\S+) (\d+)$/.exec(to)!;
    return { machine: machine(name!), protocol: protocol as "tcp", address: address!, port: Number(port) };
  };
  return {
    may: (from: string, to: string) => mayReach(site, asker(from), probe(to)),
    owes: (from: string, to: string, listening: string) =>
      expectedResult(site, asker(from), probe(to), listeningIn(listening)),
  };
};

const who = ["hypervisor", "director", "rs1", "rs2", "nfs", "mysql", "client"];
const inside = {
  content: "static",
  networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
  director: { addresses: ["172.16.0.31", "172.16.1.31"] },
  realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }, { addresses: ["172.16.0.33", "172.16.1.33"] }],
  nfs: { addresses: ["172.16.0.34", "172.16.1.34"] },
  client: {},
};

/** Who of all may reach it, but the machine itself. */
const reachers = (raw: Record<string, unknown>, to: string): string[] => {
  const { may } = siteOf(raw);
  const there = raw.content === undefined ? who : who.filter((name) => name !== "mysql");
  return there.filter((name) => name !== to.split(" ")[0] && may(name, to));
};

test.each([
  ["nfs tcp 172.16.0.34 2049", ["rs1", "rs2"]],
  ["mysql tcp 172.16.0.35 3306", ["rs1", "rs2"]],
  ["mysql tcp 172.16.0.35 22", ["hypervisor"]],
  ["mysql tcp 172.16.0.35 2049", []],
  ["client tcp 172.16.0.100 80", []],
  ["rs1 tcp 172.16.0.32 80", ["hypervisor", "director"]],
  ["rs1 udp 172.16.0.32 80", []],
  ["rs1 tcp 172.16.0.32 3306", []],
  ["director tcp 172.16.0.40 80", who.filter((name) => name !== "director")],
  ["director tcp 172.16.0.31 80", []],
  ["director tcp 172.16.0.40 81", []],
])("%s is for %j", (to, expected) => {
  expect(reachers({ client: {} }, to)).toEqual(expected);
});

test("the database is for the NFS server too where it makes backups, and for the database's other machine", () => {
  const { may } = siteOf({ backup: {}, mysql: { replica: true } });
  const askers = ["hypervisor", "director", "rs1", "nfs", "mysql2"];
  expect(askers.filter((name) => may(name, "mysql tcp 172.16.0.35 3306"))).toEqual(["rs1", "nfs", "mysql2"]);
  expect(may("mysql", "mysql2 tcp 172.16.0.25 3306")).toBe(true);
  expect(may("mysql", "mysql2 tcp 172.16.0.25 22")).toBe(false);
  expect(may("mysql", "nfs tcp 172.16.0.34 2049")).toBe(false);
});

test("NAT lets everybody in at the address behind the director, full NAT nobody but it", () => {
  const by = (forwarding: string) =>
    ["172.16.1.32", "172.16.0.32"].map((address) =>
      reachers({ ...inside, services: [{ forwarding }] }, `rs1 tcp ${address} 80`),
    );
  expect(by("nat")).toEqual([
    ["hypervisor", "director", "rs2", "nfs", "client"],
    ["hypervisor", "director"],
  ]);
  expect(by("fullnat")).toEqual([
    ["hypervisor", "director"],
    ["hypervisor", "director"],
  ]);
});

test("what is not for the asker must be dropped, and what is must be open where somebody listens near it", () => {
  const { owes } = siteOf({ ...inside, services: [{ forwarding: "nat" }] });
  const nginx = "tcp 0.0.0.0:80";
  expect(owes("director", "rs1 tcp 172.16.1.32 80", nginx)).toBe("open");
  expect(owes("director", "rs1 tcp 172.16.1.32 80", "tcp 127.0.0.1:80")).toBeUndefined();
  expect(owes("director", "rs1 tcp 172.16.1.32 80", "udp 0.0.0.0:80\ntcp 0.0.0.0:8080")).toBeUndefined();
  // By way of the hypervisor, which may carry it or not.
  expect(owes("client", "rs1 tcp 172.16.1.32 80", nginx)).toBeUndefined();
  expect(owes("client", "rs1 udp 172.16.1.32 80", nginx)).toBe("shut");
  expect(owes("client", "rs1 tcp 172.16.0.32 80", nginx)).toBe("silent");
  expect(owes("client", "rs1 tcp 172.16.0.32 22", "tcp *:22")).toBe("silent");
  expect(owes("hypervisor", "rs1 tcp 172.16.0.32 22", "tcp *:22")).toBe("open");
  expect(owes("rs1", "nfs tcp 172.16.0.34 2049", "tcp 172.16.0.34:2049")).toBe("open");
  expect(owes("rs1", "nfs tcp 172.16.1.34 2049", "tcp 172.16.0.34:2049")).toBeUndefined();
});

test("what is shut may be refused on the way, and what is near must be dropped by the machine itself", () => {
  const matching = (expected?: "open" | "silent" | "shut") =>
    (["open", "refused", "silent"] as const).filter((reached) => isExpected(expected, reached));
  expect(matching("open")).toEqual(["open"]);
  expect(matching("silent")).toEqual(["silent"]);
  expect(matching("shut")).toEqual(["refused", "silent"]);
  expect(matching()).toHaveLength(3);
});

test("IPv6 sockets answer at IPv6 addresses", () => {
  const { owes } = siteOf({
    content: "static",
    network: { cidr6: "fd00:16::/64" },
    services: [{ vip: "fd00:16::40" }],
  });
  expect(owes("director", "rs1 tcp fd00:16::20 80", "tcp [::]:80")).toBe("open");
  expect(owes("director", "rs1 tcp fd00:16::20 80", "tcp 0.0.0.0:80")).toBeUndefined();
});

test("ss is read by protocol, address and port", () => {
  expect(listeningIn("tcp *:22\nudp 172.16.0.32%eth0:7007\nsctp [fd00::1]:7009\nNetid Local")).toEqual([
    { protocol: "tcp", address: "*", port: 22 },
    { protocol: "udp", address: "172.16.0.32", port: 7007 },
    { protocol: "sctp", address: "[fd00::1]", port: 7009 },
  ]);
});

test("the script tells an open port from a closed one, and from one that says nothing", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const mute = createSocket("udp4").bind(0, "127.0.0.1");
  await Promise.all([once(server, "listening"), once(mute, "listening")]);
  const [machine] = machinesOf(resolveSite("t", {}));
  const at = (protocol: Probe["protocol"], port: number): Probe => ({
    machine: machine!,
    protocol,
    address: "127.0.0.1",
    port,
  });
  const { port } = server.address() as { port: number };
  const probes = [at("tcp", port), at("tcp", 9), at("udp", 9), at("udp", mute.address().port)];
  const { stdout } = spawnSync("bash", ["-s"], { input: probeScript(probes), encoding: "utf8" });
  server.close();
  mute.close();
  expect(probes.map((probe) => reachedIn(stdout, probe))).toEqual(["open", "refused", "refused", "silent"]);
});
