import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const web = { content: "static" };
const open = { name: "far", cidr: "172.16.1.0/24", forward: "open" };
const onlyInside = { realServers: [{ address: "172.16.1.32" }] };

test.each<[string, Record<string, unknown>, string]>([
  [
    "a network inside another",
    { ...web, network: { cidr: "172.16.0.0/16" }, networks: [inside] },
    "networks[0].cidr: 172.16.1.0/24 overlaps 172.16.0.0/16 of network; write another network",
  ],
  [
    "a network named as another",
    { ...web, networks: [inside, { name: "inside", cidr: "172.16.2.0/24" }] },
    'networks[1].name: "inside" is already a network\'s name; write another',
  ],
  [
    "a network named as the first",
    { ...web, networks: [{ name: "front", cidr: "172.16.2.0/24" }] },
    'networks[0].name: "front" is already a network\'s name; write another',
  ],
  [
    "an IPv6 prefix with host bits",
    { ...web, network: { cidr6: "fd00:16::1/64" } },
    'network.cidr6: "fd00:16::1/64" has host bits set; write fd00:16::/64',
  ],
  [
    "no IPv6 prefix",
    { ...web, network: { cidr6: "172.16.0.0/24" } },
    'network.cidr6: "172.16.0.0/24" is no network; write one like fd00:16::/64',
  ],
  [
    "an IPv6 prefix without room",
    { ...web, network: { cidr6: "fd00:16::/97" } },
    "network.cidr6: fd00:16::/97 is too small for a site; write a network up to /96, such as a /64",
  ],
  [
    "an IPv6 prefix inside another",
    { ...web, network: { cidr6: "fd00::/48" }, networks: [{ ...inside, cidr6: "fd00:0:0:1::/64" }] },
    "networks[0].cidr6: fd00:0:0:1::/64 overlaps fd00::/48 of network; write another network",
  ],
  [
    "a VIP on none of several networks",
    { ...web, networks: [inside], services: [{ vip: "10.0.0.1" }] },
    "services[0].vip: 10.0.0.1 is on no network; write an address from 172.16.0.1 to 172.16.0.254 or an address from 172.16.1.1 to 172.16.1.254",
  ],
  [
    "one of several VIPs on no network",
    { ...web, services: [{ vips: ["172.16.0.40", "10.0.0.1"] }] },
    "services[0].vips[1]: 10.0.0.1 is outside the network 172.16.0.0/24; write an address from 172.16.0.1 to 172.16.0.254",
  ],
  [
    "an IPv6 VIP where no network has a prefix",
    { ...web, services: [{ vip: "fd00:16::40" }] },
    "services[0].vip: fd00:16::40 is on no network, for none has an IPv6 prefix; write one as cidr6 of the network",
  ],
  [
    "an IPv6 VIP outside the prefix",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:17::40" }] },
    "services[0].vip: fd00:17::40 is outside the network fd00:16::/64; write one in fd00:16::/64",
  ],
  [
    "an IPv6 VIP that a machine has",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:16::1f" }] },
    "services[0].vip: fd00:16::1f is the address of the director; a VIP needs one that no machine has",
  ],
  [
    "an IPv6 VIP that the gateway has, in another spelling",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:16:0:0::0001" }] },
    "services[0].vip: fd00:16::1 is the address of the gateway; a VIP needs one that no machine has",
  ],
  [
    "a VIP on a network without the director",
    {
      ...web,
      networks: [open],
      director: { address: "172.16.0.31" },
      services: [{ vip: "172.16.1.40", forwarding: "tun" }],
    },
    "services[0].vip: 172.16.1.40 is on the network far, and the director is not; add an address there to director.addresses",
  ],
  [
    "the director's own address as VIP of direct routing",
    { ...web, director: { address: "172.16.0.31" }, services: [{ vip: "172.16.0.31" }] },
    "services[0].vip: 172.16.0.31 is the address of the director; a VIP needs one that no machine has",
  ],
  [
    "a gateway on another network than its own",
    { ...web, networks: [{ ...inside, gateway: "172.16.0.9" }] },
    "networks[0].gateway: 172.16.0.9 is outside the network 172.16.1.0/24; write an address from 172.16.1.1 to 172.16.1.254",
  ],
  [
    "two addresses on one network",
    { ...web, realServers: [{ addresses: ["172.16.0.32", "172.16.0.33"] }] },
    "realServers[0].addresses[1]: 172.16.0.33 is on the same network as 172.16.0.32; write one address a network",
  ],
  [
    "an address that one of a client's many is",
    { ...web, client: { address: "172.16.0.100", sources: 4 }, realServers: [{ address: "172.16.0.103" }] },
    "realServers[0].address: 172.16.0.103 is already the address of the client; write another",
  ],
  [
    "address and addresses together",
    { ...web, director: { address: "172.16.0.31", addresses: ["172.16.0.31"] } },
    "director.addresses: stands beside address; write one of the two",
  ],
  [
    "vip and vips together",
    { ...web, services: [{ vip: "172.16.0.40", vips: ["172.16.0.40"] }] },
    "services[0].vips: stands beside vip; write one of the two",
  ],
  [
    "port and ports together",
    { ...web, services: [{ port: 80, ports: [443] }] },
    "services[0].ports: stands beside port; write one of the two",
  ],
  [
    "real servers of direct routing away from the VIP",
    { ...web, networks: [inside], ...onlyInside },
    'services[0].forwarding: dr reaches real servers on the VIP\'s own network 172.16.0.0/24 only, and rs1 has no address there; write one in its addresses, or "tun"',
  ],
  [
    "nat with clients in the real servers' network",
    { ...web, services: [{ forwarding: "nat" }] },
    'services[0].forwarding: clients on 172.16.0.0/24 share that network with rs1, which would answer them past the director; put the real servers on a network of their own behind it, or write "fullnat"',
  ],
  [
    "nat with the client machine in the real servers' network",
    {
      ...web,
      networks: [inside],
      services: [{}, { port: 8080, forwarding: "nat" }],
      client: { address: "172.16.1.100" },
    },
    'client: shares 172.16.1.0/24 with rs1, which would answer it past the director; write an address outside of it, or "fullnat" as forwarding of services[1]',
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
    'services[0].forwarding: the director has no way to rs1 at 172.16.1.32; give it an address on 172.16.1.0/24, or write "open" as forward of both networks',
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
    "the director's own address as VIP of nat",
    {
      networks: [inside],
      director: { addresses: ["172.16.0.31", "172.16.1.31"] },
      services: [{ vip: "172.16.0.31", forwarding: "nat" }],
    },
  ],
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
