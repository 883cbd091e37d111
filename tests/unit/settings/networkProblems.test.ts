import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const web = { content: "static" };
const open = { name: "far", cidr: "172.16.1.0/24", forward: "open" };
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
  ...[
    ["224.0.1.0/24", "multicast"],
    ["169.254.7.0/24", "link-local"],
    ["169.0.0.0/8", "link-local"],
  ].map(([cidr, use]): [string, Record<string, unknown>, string] => [
    `a network of ${use} addresses, ${cidr},`,
    { ...web, network: { cidr } },
    `network.cidr: ${cidr} has ${use} addresses; write another, such as 172.16.0.0/24`,
  ]),
  ...[
    ["fe80::/64", "link-local"],
    ["fe80::/9", "link-local"],
    ["ff05::/64", "multicast"],
  ].map(([cidr6, use]): [string, Record<string, unknown>, string] => [
    `an IPv6 prefix of ${use} addresses, ${cidr6},`,
    { ...web, networks: [{ ...inside, cidr6 }] },
    `networks[0].cidr6: ${cidr6} has ${use} addresses; write another, such as fd00:16::/64`,
  ]),
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
    "services[0].vip: fd00:16::40 is on no network: none has an IPv6 prefix; write one as cidr6 of the network",
  ],
  [
    "an IPv6 VIP outside the prefix",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:17::40" }] },
    "services[0].vip: fd00:17::40 is outside the network fd00:16::/64; write one in fd00:16::/64",
  ],
  [
    "an IPv6 VIP that a machine has",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:16::1f" }] },
    "services[0].vip: fd00:16::1f is the address of the director; a VIP needs an address that no machine has",
  ],
  [
    "an IPv6 VIP that the gateway has, in another spelling",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:16:0:0::0001" }] },
    "services[0].vip: fd00:16::1 is the address of the gateway; a VIP needs an address that no machine has",
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
    "services[0].vip: 172.16.0.31 is the address of the director; a VIP needs an address that no machine has",
  ],
  [
    "a gateway on another network than its own",
    { ...web, networks: [{ ...inside, gateway: "172.16.0.9" }] },
    "networks[0].gateway: 172.16.0.9 is outside the network 172.16.1.0/24; write an address from 172.16.1.1 to 172.16.1.254",
  ],
  [
    "two addresses on one network",
    { ...web, realServers: [{ addresses: ["172.16.0.32", "172.16.0.33"] }] },
    "realServers[0].addresses[1]: 172.16.0.33 is on the same network as 172.16.0.32; write one address per network",
  ],
  [
    "an address that one of a client's many is",
    { ...web, client: { address: "172.16.0.100", sources: 4 }, realServers: [{ address: "172.16.0.103" }] },
    "realServers[0].address: 172.16.0.103 is already the address of the client; write another",
  ],
  [
    "address and addresses together",
    { ...web, director: { address: "172.16.0.31", addresses: ["172.16.0.31"] } },
    "director.addresses: cannot be combined with address; write one of the two",
  ],
  [
    "vip and vips together",
    { ...web, services: [{ vip: "172.16.0.40", vips: ["172.16.0.40"] }] },
    "services[0].vips: cannot be combined with vip; write one of the two",
  ],
  [
    "port and ports together",
    { ...web, services: [{ port: 80, ports: [443] }] },
    "services[0].ports: cannot be combined with port; write one of the two",
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
  ["a network beside a range with a meaning of its own", { network: { cidr: "169.253.0.0/16" } }],
])("%s is taken", (_what, raw) => {
  expect(() => resolveSite("dev", { ...web, ...raw })).not.toThrow();
});
