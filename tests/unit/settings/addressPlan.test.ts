import { type AddressPlan, macOf, planAddresses, sourcesOf } from "../../../settings/addressPlan";
import { Cidr } from "../../../settings/ipv4";
import { siteSchema } from "../../../settings/schema";

const plan = (raw: Record<string, unknown> = {}): AddressPlan => planAddresses(siteSchema.parse(raw));
const servers = (count: number) => Array<object>(count).fill({});
const inside = { name: "inside", cidr: "172.16.1.0/24" };

test("an empty stack file gets the classic hosts", () => {
  expect(plan()).toEqual({
    gateways: ["172.16.0.1"],
    director: ["172.16.0.31"],
    secondDirector: [],
    floating: [],
    sorryServer: [],
    nfs: ["172.16.0.34"],
    source: [],
    mysql: ["172.16.0.35"],
    client: ["172.16.0.100"],
    realServers: [["172.16.0.32"], ["172.16.0.33"]],
    vips: [["172.16.0.40"]],
  });
});

test("the source of a static site's pages is .36, and of no other site", () => {
  expect(plan({ content: "static", sync: "lsyncd", realServers: servers(3) })).toMatchObject({
    source: ["172.16.0.36"],
    realServers: [["172.16.0.32"], ["172.16.0.33"], ["172.16.0.37"]],
  });
  expect(plan({ sync: "lsyncd" }).source).toEqual([]);
});

test("a third real server goes past NFS and MySQL, a seventh past the VIP", () => {
  expect(plan({ realServers: servers(8) }).realServers.flat()).toEqual([
    "172.16.0.32",
    "172.16.0.33",
    "172.16.0.36",
    "172.16.0.37",
    "172.16.0.38",
    "172.16.0.39",
    "172.16.0.41",
    "172.16.0.42",
  ]);
});

test("a given address is kept and moves whoever would have had it", () => {
  expect(
    plan({ director: { address: "172.16.0.34" }, realServers: [{ address: "172.16.0.1" }, {}] }),
  ).toMatchObject({
    gateways: ["172.16.0.2"],
    director: ["172.16.0.34"],
    nfs: ["172.16.0.35"],
    mysql: ["172.16.0.36"],
    realServers: [["172.16.0.1"], ["172.16.0.32"]],
    vips: [["172.16.0.40"]],
  });
});

test("services without a VIP of their own share one, and given ones stay apart", () => {
  const services = [{}, { vip: "172.16.0.40" }, {}, { vips: ["172.16.0.42", "172.16.0.43"] }];
  expect(plan({ services }).vips).toEqual([
    ["172.16.0.41"],
    ["172.16.0.40"],
    ["172.16.0.41"],
    ["172.16.0.42", "172.16.0.43"],
  ]);
});

test("the director has an address on every network, and each network a gateway", () => {
  expect(plan({ networks: [{ ...inside, gateway: "172.16.1.31" }] })).toMatchObject({
    gateways: ["172.16.0.1", "172.16.1.31"],
    director: ["172.16.0.31", "172.16.1.32"],
  });
});

test.each([
  ["dr", ["172.16.0.32"], "172.16.0.34"],
  ["nat", ["172.16.1.32"], "172.16.1.34"],
  ["tun", ["172.16.1.32"], "172.16.1.34"],
  ["fullnat", ["172.16.1.32"], "172.16.1.34"],
])("real servers of %s stand at %j, and their NFS server at %s", (forwarding, addresses, nfs) => {
  const made = plan({ networks: [inside], services: [{ forwarding }], realServers: [{}] });
  expect(made.realServers).toEqual([addresses]);
  expect(made.nfs).toEqual([nfs]);
});

test("real servers of mixed methods have a NIC on both networks", () => {
  const services = [{}, { port: 8080, forwarding: "nat" }];
  expect(plan({ networks: [inside], services }).realServers).toEqual([
    ["172.16.0.32", "172.16.1.32"],
    ["172.16.0.33", "172.16.1.33"],
  ]);
});

const pair = { directors: 2, director: { manager: "keepalived" } };

test("a second director has a classic host on every network, and each further one a gateway that floats", () => {
  const outside = { name: "outside", cidr: "172.16.2.0/24" };
  expect(plan({ ...pair, networks: [inside, outside] })).toMatchObject({
    director: ["172.16.0.31", "172.16.1.31", "172.16.2.31"],
    secondDirector: ["172.16.0.30", "172.16.1.30", "172.16.2.30"],
    floating: ["172.16.1.29", "172.16.2.29"],
  });
});

test("what a pair is given is kept, on the network that it is on, and nobody else's", () => {
  const made = plan({
    directors: 2,
    director: { manager: "keepalived", peer: { addresses: ["172.16.0.31", "172.16.1.32"] } },
    networks: [inside],
    vrrp: { gateways: ["172.16.1.31"] },
    services: [{ forwarding: "nat" }],
  });
  expect(made).toMatchObject({
    director: ["172.16.0.32", "172.16.1.33"],
    secondDirector: ["172.16.0.31", "172.16.1.32"],
    floating: ["172.16.1.31"],
    realServers: [["172.16.1.36"], ["172.16.1.37"]],
  });
});

test("a second director moves nobody", () => {
  const raw = { networks: [inside], client: {}, services: [{ forwarding: "nat" }] };
  const { secondDirector, floating, ...before } = plan(raw);
  expect({ secondDirector, floating }).toEqual({ secondDirector: [], floating: [] });
  expect(plan({ ...raw, ...pair })).toMatchObject(before);
});

test.each<[string, Record<string, unknown>, string[]]>([
  ["on the directors", { sorryServer: {} }, []],
  ["beside real servers", { sorryServer: { on: "machine" } }, ["172.16.0.38"]],
  [
    "behind the directors",
    { sorryServer: { on: "machine" }, networks: [inside], services: [{ forwarding: "nat" }] },
    ["172.16.1.38"],
  ],
  ["where it is told to", { sorryServer: { on: "machine", address: "172.16.0.32" } }, ["172.16.0.32"]],
])("a sorry server %s", (_where, raw, addresses) => {
  const made = plan(raw);
  expect(made.sorryServer).toEqual(addresses);
  expect(made.realServers.flat()).not.toContain(addresses[0]);
});

test("several addresses of one machine are kept in their order", () => {
  const addresses = ["172.16.1.9", "172.16.0.9"];
  expect(plan({ networks: [inside], realServers: [{ addresses }] }).realServers).toEqual([addresses]);
});

test("a client's many addresses are nobody else's, wherever they are given", () => {
  const made = plan({ client: { address: "172.16.0.30", sources: 5 } });
  expect(made.director).toEqual(["172.16.0.35"]);
  expect(made.realServers.flat()).toEqual(["172.16.0.38", "172.16.0.39"]);
  const both = plan({ networks: [inside], client: { addresses: ["172.16.0.9", "172.16.1.31"] } });
  expect(both.director).toEqual(["172.16.0.31", "172.16.1.32"]);
});

test("a client's many addresses all fit into the smallest network", () => {
  const cidr = new Cidr("10.9.8.64/26");
  const [first] = plan({ network: { cidr: cidr.text }, client: { sources: 20 } }).client;
  expect(first).toBe("10.9.8.107");
  expect(sourcesOf(first, 20).filter((address) => !cidr.hasHost(address))).toEqual([]);
});

test("appending a real server leaves every other address as it was", () => {
  for (let count = 1; count < 90; count += 1) {
    const before = plan({ realServers: servers(count), client: { sources: 3 } });
    const after = plan({ realServers: servers(count + 1), client: { sources: 3 } });
    expect({ ...after, realServers: after.realServers.slice(0, -1) }).toEqual(before);
  }
});

test("no address is given twice and all are inside, whatever is given", () => {
  const networks = ["172.16.0.0/24", "10.9.8.64/26", "192.168.255.192/26", "10.0.0.0/8"];
  let plans = 0;
  for (const text of networks) {
    const cidr = new Cidr(text);
    for (let count = 1; count <= 20; count += 1) {
      // The addresses given move over everything that the plan would choose.
      for (const given of [1, 31, 32, 34, 35, 40, 41]) {
        const made = plan({
          network: { cidr: text },
          mysql: { address: cidr.host(given) },
          realServers: [{ address: cidr.host(given + 1) }, ...servers(count)],
          services: [{}, {}],
          sorryServer: { on: "machine" },
          ...pair,
        });
        const { gateways, director, secondDirector, sorryServer, nfs, mysql, client, realServers, vips } =
          made;
        const machines = [director, secondDirector, sorryServer, nfs, mysql, client, ...realServers];
        const all = [gateways, ...machines, vips[0]!].flat();
        expect(new Set(all).size).toBe(count + 9);
        expect(all.filter((address) => !cidr.hasHost(address))).toEqual([]);
        plans += 1;
      }
    }
  }
  expect(plans).toBe(4 * 20 * 7);
});

test("a MAC carries its address, so that no two addresses share one", () => {
  expect(macOf("172.16.0.31")).toBe("52:54:ac:10:00:1f");
  expect(macOf("10.0.0.1")).toBe("52:54:0a:00:00:01");
  expect(macOf("192.168.255.254")).toBe("52:54:c0:a8:ff:fe");
});

test("a MAC is one host's and locally administered", () => {
  const first = parseInt(macOf("172.16.0.31").slice(0, 2), 16);
  expect(first & 0b01).toBe(0);
  expect(first & 0b10).toBe(0b10);
});
