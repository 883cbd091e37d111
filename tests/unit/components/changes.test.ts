import { type Node, differing, filesOf, find, graphOf } from "./graph";

test("the same stack file makes the same resources", async () => {
  expect(differing(await graphOf(), await graphOf())).toEqual([]);
});

test("a changed weight reaches the director's command and nothing else", async () => {
  const before = await graphOf({ realServers: [{}, { weight: 1 }] });
  const after = await graphOf({ realServers: [{}, { weight: 2 }] });
  expect(differing(before, after)).toEqual(["director-guest-director"]);
  const [old, now] = [before, after].map((graph) => find(graph, "director-guest-director"));
  expect({ ...now!.inputs, stdin: old!.inputs.stdin }).toEqual(old!.inputs);
  expect(filesOf(now!)).toEqual({
    ...filesOf(old!),
    "ipvs.rules": filesOf(old!)["ipvs.rules"]!.replace("%rs2:1%", "%rs2:2%"),
  });
});

const inside = { name: "inside", cidr: "172.16.1.0/24", forward: "none" };
/** A static site, whose real server could be reached by any forwarding method. */
const small = {
  content: "static",
  networks: [inside],
  realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
};
const director = "director-guest-director";
const realServer = "rs1-guest-real-server";
let smallGraph: readonly Node[];
beforeAll(async () => {
  smallGraph = await graphOf(small);
});

test.each<[string, object]>([
  ["scheduler", { services: [{ scheduler: "sh", schedulerFlags: ["sh-port"] }] }],
  ["persistence", { services: [{ persistence: { netmask: "255.255.255.0" } }] }],
  ["mark in the place of a port", { services: [{ ports: [80] }] }],
  ["threshold", { realServers: [{ ...small.realServers[0], upperThreshold: 9 }] }],
  ["timeout", { director: { timeouts: { udpSeconds: 5 } } }],
])("a changed %s reaches the director's command and nothing else", async (_what, change) => {
  expect(differing(smallGraph, await graphOf({ ...small, ...change }))).toEqual([director]);
});

test.each<[string, object[]]>([
  ["service on another port", [{}, { port: 8080 }]],
  ["service on another VIP", [{}, { vip: "172.16.0.41" }]],
  ["service over udp", [{}, { port: 7007, protocol: "udp" }]],
  ["tunnel in the place of direct routing", [{ forwarding: "tun" }]],
  ["full NAT in the place of direct routing", [{ forwarding: "fullnat" }]],
])(
  "a %s reaches the commands of the director and of real servers, and no machine",
  async (_what, services) => {
    const after = await graphOf({ ...small, services });
    expect(differing(smallGraph, after)).toEqual([director, realServer]);
  },
);

test("a changed time to drain reaches the director and the real servers, which both wait for it", async () => {
  const after = await graphOf({ ...small, director: { drainSeconds: 5 } });
  expect(differing(smallGraph, after)).toEqual([director, realServer]);
});

test("nat makes real servers anew, as they get another gateway", async () => {
  const after = await graphOf({ ...small, services: [{ forwarding: "nat" }] });
  expect(differing(smallGraph, after)).toEqual([director, "rs1-domain", realServer]);
});

test("a firewall reaches every machine's command and makes none anew", async () => {
  const after = await graphOf({ client: {} });
  const changed = differing(await graphOf({ firewall: false, client: {} }), after);
  expect(changed).toEqual([
    "client-guest-client",
    director,
    "mysql-guest-mysql-server",
    "nfs-guest-nfs-server",
    realServer,
    "rs2-guest-real-server",
  ]);
  for (const name of changed)
    expect(filesOf(find(after, name))["firewall.nft"]).toMatch(/^table inet lvs_firewall\n/);
});

test("a changed service reaches the firewalls of the director and of real servers", async () => {
  const guarded = { ...small, nfs: {} };
  const [before, after] = [await graphOf(guarded), await graphOf({ ...guarded, services: [{ port: 81 }] })];
  expect(differing(before, after)).toEqual([director, realServer]);
  for (const name of [director, realServer])
    expect(filesOf(find(after, name))["firewall.nft"]).toBe(
      filesOf(find(before, name))["firewall.nft"]!.replaceAll("port { 80 }", "port { 81 }"),
    );
});

test("a client is a machine of its own, of which no other knows", async () => {
  expect(differing(smallGraph, await graphOf({ ...small, client: {} }))).toEqual([
    "client",
    "client-domain",
    "client-guest",
    "client-guest-client",
    "client-host-key",
    "client-root",
  ]);
});

test("a changed name in the certificate reaches the request for it", async () => {
  const tls = (names: string[]) => graphOf({ ...small, services: [{}, { port: 443 }], tls: { names } });
  expect(differing(await tls([]), await tls(["www.example.org"]))).toEqual(["site-certificate-request"]);
});

test("a real server added to a static site tells the director alone", async () => {
  const before = await graphOf({ content: "static", realServers: [{}, {}] });
  const after = await graphOf({ content: "static", realServers: [{}, {}, {}] });
  expect(differing(before, after)).toEqual([
    director,
    "rs3",
    "rs3-domain",
    "rs3-guest",
    "rs3-guest-real-server",
    "rs3-host-key",
    "rs3-leaves-director",
    "rs3-root",
  ]);
});

test("an added real server adds its own machine, and tells the director, NFS and MySQL", async () => {
  const before = await graphOf({ realServers: [{}, {}] });
  const after = await graphOf({ realServers: [{}, {}, {}] });
  expect(differing(before, after)).toEqual([
    "director-guest-director",
    "mysql-guest-mysql-server",
    "nfs-guest-nfs-server",
    "rs3",
    "rs3-domain",
    "rs3-guest",
    "rs3-guest-real-server",
    "rs3-host-key",
    "rs3-leaves-director",
    "rs3-root",
  ]);
});

test("a removed real server takes its own machine away, and tells the director, NFS and MySQL", async () => {
  const before = await graphOf({
    realServers: [{}, { name: "gone" }, { name: "stays", address: "172.16.0.36" }],
  });
  const after = await graphOf({ realServers: [{}, { name: "stays", address: "172.16.0.36" }] });
  expect(differing(before, after)).toEqual([
    "director-guest-director",
    "gone",
    "gone-domain",
    "gone-guest",
    "gone-guest-real-server",
    "gone-host-key",
    "gone-leaves-director",
    "gone-root",
    "mysql-guest-mysql-server",
    "nfs-guest-nfs-server",
  ]);
});

test("a real server's memory reaches its own machine, its pool, and MySQL's connections", async () => {
  const before = await graphOf({ realServers: [{}, {}] });
  const after = await graphOf({ realServers: [{}, { memoryMiB: 832 }] });
  expect(differing(before, after)).toEqual([
    "mysql-guest-mysql-server",
    "rs2-domain",
    "rs2-guest-real-server",
  ]);
});

test("a changed title reaches MySQL's command and nothing else", async () => {
  const before = await graphOf({ wordpress: { title: "One" } });
  const after = await graphOf({ wordpress: { title: "Two" } });
  expect(differing(before, after)).toEqual(["mysql-guest-mysql-server"]);
});

test("a changed listener of php-fpm reaches the real servers' commands and nothing else", async () => {
  const before = await graphOf({ php: { listener: "tcp" } });
  const after = await graphOf({ php: { listener: "unix" } });
  expect(differing(before, after)).toEqual(["rs1-guest-real-server", "rs2-guest-real-server"]);
});
