import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const web = { content: "static" };
const open = { name: "far", cidr: "172.16.1.0/24", forward: "open" };
const threeLines = {
  network: { forward: "open" },
  networks: [open, { name: "line2", cidr: "172.16.2.0/24", forward: "open" }],
};
const onlyInside = { realServers: [{ address: "172.16.1.32" }] };

test.each<[string, Record<string, unknown>, string]>([
  [
    "real servers of direct routing away from the VIP",
    { ...web, networks: [inside], ...onlyInside },
    'services[0].forwarding: dr reaches real servers on the VIP\'s own network 172.16.0.0/24 only, and rs1 has no address there; write one in its addresses, or "tun"',
  ],
  [
    "nat with clients in the real servers' network",
    { ...web, services: [{ forwarding: "nat" }] },
    'services[0].forwarding: clients on 172.16.0.0/24 share that network with rs1, which would answer them directly, not through the director; put the real servers on a network of their own behind it, or write "fullnat"',
  ],
  [
    "nat with the client machine in the real servers' network",
    {
      ...web,
      network: { forward: "open" },
      networks: [open],
      services: [{}, { port: 8080, forwarding: "nat" }],
      client: { address: "172.16.1.100" },
    },
    'client: shares 172.16.1.0/24 with rs1, which would answer it directly, not through the director; write an address outside of it, or "fullnat" as forwarding of services[1]',
  ],
  [
    "nat with the client machine at one VIP and beside the real servers of another",
    {
      ...web,
      ...threeLines,
      services: [{ vips: ["172.16.0.40", "172.16.2.40"], forwarding: "nat" }],
      client: { addresses: ["172.16.0.100", "172.16.1.100"] },
    },
    'client: shares 172.16.1.0/24 with rs1, which would answer it directly, not through the director; write an address outside of it, or "fullnat" as forwarding of services[0]',
  ],
  [
    "a client machine that an isolated network keeps in",
    { ...web, networks: [inside], services: [{}, { port: 8080 }], client: { address: "172.16.1.100" } },
    'client: 172.16.1.100 is on 172.16.1.0/24, which cannot reach the VIPs on 172.16.0.0/24; write an address there, or "open" as forward of both networks',
  ],
  [
    "a client machine on an open network, the VIP's not",
    { ...web, networks: [open], client: { address: "172.16.1.100" } },
    'client: 172.16.1.100 is on 172.16.1.0/24, which cannot reach the VIPs on 172.16.0.0/24; write an address there, or "open" as forward of both networks',
  ],
  [
    "a client machine that reaches one VIP of a service, and not the other",
    {
      ...web,
      networks: [inside],
      services: [{ vips: ["172.16.0.40", "172.16.1.40"], forwarding: "fullnat" }],
      client: { address: "172.16.0.100" },
    },
    'client: 172.16.0.100 is on 172.16.0.0/24, which cannot reach the VIPs on 172.16.1.0/24; write an address there, or "open" as forward of both networks',
  ],
  [
    "direct routing of a second VIP on a network without the real servers",
    {
      ...web,
      networks: [inside],
      services: [{ vips: ["172.16.0.40", "172.16.1.40"] }],
      realServers: [{ address: "172.16.0.32" }],
    },
    'services[0].forwarding: dr reaches real servers on the VIP\'s own network 172.16.1.0/24 only, and rs1 has no address there; write one in its addresses, or "tun"',
  ],
  [
    "nat of a second VIP in the real servers' network",
    {
      ...web,
      networks: [inside],
      services: [{ vips: ["172.16.0.40", "172.16.1.40"], forwarding: "nat" }],
      realServers: [{ address: "172.16.1.32" }],
    },
    'services[0].forwarding: clients on 172.16.1.0/24 share that network with rs1, which would answer them directly, not through the director; put the real servers on a network of their own behind it, or write "fullnat"',
  ],
  [
    "tunnelled answers in the name of a second VIP that cannot leave",
    {
      ...web,
      networks: [inside],
      services: [{ vips: ["172.16.0.40", "172.16.1.40"], forwarding: "tun" }],
      realServers: [{ address: "172.16.0.32" }],
    },
    'services[0].forwarding: tun lets rs1 answer clients itself, in the VIP\'s name, which its network 172.16.0.0/24 does not let out; write "open" as forward of it and of 172.16.1.0/24, or "fullnat"',
  ],
  [
    "nat with a director that cannot be the gateway",
    {
      ...web,
      network: { forward: "open" },
      networks: [open],
      director: { address: "172.16.0.31" },
      services: [{ forwarding: "nat" }],
    },
    'services[0].forwarding: the director is the gateway of rs1 and not on its network 172.16.1.0/24; give it an address there, or write "fullnat"',
  ],
  [
    "real servers that the director cannot reach",
    { ...web, networks: [open], director: { address: "172.16.0.31" }, services: [{ forwarding: "fullnat" }] },
    'services[0].forwarding: the director cannot reach rs1 at 172.16.1.32; give it an address on 172.16.1.0/24, or write "open" as forward of both networks',
  ],
  [
    "tunnelled real servers whose answers cannot leave",
    { ...web, networks: [inside], services: [{ forwarding: "tun" }] },
    'services[0].forwarding: tun lets rs1 answer clients itself, in the VIP\'s name, which its network 172.16.1.0/24 does not let out; write "open" as forward of it and of 172.16.0.0/24, or "fullnat"',
  ],
  [
    "an NFS server where a real server is not",
    { ...web, networks: [inside], nfs: { address: "172.16.1.34" } },
    "nfs.address: 172.16.1.34 is on the network inside, and rs1 is not; add an address there to its addresses",
  ],
  [
    "a MySQL server where one real server is not",
    {
      networks: [inside],
      mysql: { address: "172.16.1.35" },
      realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }, { address: "172.16.0.33" }],
    },
    "mysql.address: 172.16.1.35 is on the network inside, and rs2 is not; add an address there to its addresses",
  ],
])("%s is refused", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test.each<[string, Record<string, unknown>]>([
  [
    "a tunnel over routed networks",
    {
      network: { forward: "open" },
      networks: [open],
      director: { address: "172.16.0.31" },
      services: [{ forwarding: "tun" }],
    },
  ],
  [
    "a tunnel to real servers that have a NIC at the VIP",
    {
      networks: [inside],
      services: [{ forwarding: "tun" }],
      realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
    },
  ],
  ["full NAT within one network", { services: [{ forwarding: "fullnat" }] }],
  [
    "an NFS server over routed networks",
    { network: { forward: "open" }, networks: [open], nfs: { address: "172.16.1.34" } },
  ],
  [
    "direct routing of VIPs on two networks, with the real servers on both",
    {
      networks: [inside],
      services: [{ vips: ["172.16.0.40", "172.16.1.40"] }],
      realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
    },
  ],
  [
    "a client machine on another network, both routed",
    { network: { forward: "open" }, networks: [open], client: { address: "172.16.1.100" } },
  ],
  [
    "a client with a NIC at the VIP too",
    {
      networks: [inside],
      services: [{ forwarding: "nat" }],
      client: { addresses: ["172.16.0.100", "172.16.1.100"] },
    },
  ],
])("%s is taken", (_what, raw) => {
  expect(() => resolveSite("dev", { ...web, ...raw })).not.toThrow();
});
