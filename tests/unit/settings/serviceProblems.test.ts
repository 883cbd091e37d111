import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const web = { content: "static" };
const behind = { ...web, networks: [inside] };

test.each<[string, Record<string, unknown>, string]>([
  [
    "another port on real servers behind direct routing",
    { ...web, services: [{ realServerPort: 8080 }] },
    'services[0].realServerPort: dr forwards packets without changing the port, so the real servers listen on 80; leave it out, or write "nat" or "fullnat" as forwarding',
  ],
  [
    "another port on real servers behind a tunnel",
    { ...web, services: [{ port: 8000, forwarding: "tun", realServerPort: 80 }] },
    'services[0].realServerPort: tun forwards packets without changing the port, so the real servers listen on 8000; leave it out, or write "nat" or "fullnat" as forwarding',
  ],
  [
    "another port on real servers for many marked ones",
    { ...behind, services: [{ ports: [80, 8080], forwarding: "nat", realServerPort: 80 }] },
    "services[0].realServerPort: would map every marked port to one; leave it out",
  ],
  [
    "a firewall mark without a rule",
    { ...web, services: [{ port: 8080, fwmark: 5 }] },
    "services[0].fwmark: 5 is set by no rule; write the ports that get this mark as ports, such as ports: [8080, 443], in place of port",
  ],
  [
    "persistence and one-packet together",
    { ...web, services: [{ protocol: "udp", port: 53, onePacket: true, persistence: {} }] },
    "services[0].onePacket: schedules each packet anew, and persistence keeps a client at one server; leave one out",
  ],
  [
    "one-packet scheduling of TCP",
    { ...web, services: [{ onePacket: true }] },
    "services[0].onePacket: is for udp, and this service is tcp; leave it out",
  ],
  [
    "one-packet scheduling behind nat",
    { ...behind, services: [{ protocol: "udp", port: 53, onePacket: true, forwarding: "nat" }] },
    'services[0].onePacket: IPVS does not remember such packets, so replies through nat would keep the real server\'s address; leave it out, or write "dr" or "tun" as forwarding',
  ],
  [
    "one-packet scheduling behind full NAT",
    { ...web, services: [{ protocol: "udp", port: 53, onePacket: true, forwarding: "fullnat" }] },
    'services[0].onePacket: IPVS does not remember such packets, so replies through fullnat would keep the real server\'s address; leave it out, or write "dr" or "tun" as forwarding',
  ],
  [
    "an odd netmask",
    { ...web, services: [{ persistence: { netmask: "255.0.255.0" } }] },
    'services[0].persistence.netmask: "255.0.255.0" is no netmask: its ones must come before its zeros; write one like 255.255.255.0',
  ],
  [
    "a netmask beside an IPv6 VIP",
    {
      ...web,
      network: { cidr6: "fd00:16::/64" },
      services: [{ vip: "fd00:16::40", persistence: { netmask: "255.255.255.0" } }],
    },
    "services[0].persistence.netmask: is for IPv4, and this service uses IPv6; leave it out",
  ],
  [
    "IPv6 behind a method that is not there for it",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vip: "fd00:16::40", forwarding: "tun" }] },
    'services[0].forwarding: "tun" is not there for IPv6; write "dr"',
  ],
  [
    "VIPs of two families",
    { ...web, network: { cidr6: "fd00:16::/64" }, services: [{ vips: ["172.16.0.40", "fd00:16::40"] }] },
    "services[0].vips: mix IPv4 and IPv6; write a service for each",
  ],
  [
    "every port without persistence",
    { ...web, services: [{ port: 0 }] },
    "services[0].port: 0 means every port, which IPVS balances only with persistence; write persistence: {} beside it",
  ],
  [
    "every port of UDP",
    { ...web, services: [{ port: 0, protocol: "udp", persistence: {} }] },
    "services[0].port: 0 means every port, which works only with tcp; write a port",
  ],
  [
    "every port mapped to one",
    { ...behind, services: [{ port: 0, persistence: {}, forwarding: "nat", realServerPort: 80 }] },
    "services[0].realServerPort: cannot be combined with port 0; leave it out",
  ],
  [
    "an application of every port",
    { ...web, services: [{ port: 0, persistence: {}, application: "http" }] },
    "services[0].application: cannot be set for every port; leave it out",
  ],
  [
    "a flag of another scheduler",
    { ...web, services: [{ scheduler: "wlc", schedulerFlags: ["sh-port"] }] },
    'services[0].schedulerFlags: "sh-port" is no flag of the scheduler wlc; leave it out, or write "sh" as scheduler',
  ],
  [
    "a port that a range has already",
    { ...web, services: [{ ports: ["8000-8100", 80, 8080] }] },
    "services[0].ports[2]: 8080 is part of 8000-8100; write each port once",
  ],
  [
    "one VIP twice in a service",
    { ...web, services: [{ vips: ["172.16.0.40", "172.16.0.41", "172.16.0.40"] }] },
    "services[0].vips[2]: 172.16.0.40 is there already; leave it out",
  ],
  [
    "one firewall mark twice",
    {
      ...web,
      services: [
        { ports: [80], fwmark: 2 },
        { ports: [8080], fwmark: 2 },
      ],
    },
    "services[1]: firewall mark 2 is already services[0]; change its fwmark",
  ],
  [
    "a firewall mark that another's name makes",
    {
      ...web,
      services: [
        { ports: [80], fwmark: 32790 },
        { name: "shop", ports: [8080] },
      ],
    },
    "services[1]: firewall mark 32790 is already services[0]; change its fwmark",
  ],
  [
    "a VIP and port that a mark takes away",
    { ...web, services: [{ ports: ["8000-8100"] }, { port: 8080 }] },
    "services[1]: tcp 172.16.0.40:8080 is already services[0]; change its VIP or port",
  ],
  [
    "two marks on one packet",
    {
      ...web,
      services: [
        { port: 8080, vips: ["172.16.0.41"] },
        { vips: ["172.16.0.40", "172.16.0.41"], port: 8080 },
      ],
    },
    "services[1]: tcp 172.16.0.41:8080 is already services[0]; change its VIP or port",
  ],
  [
    "a real server that is not there",
    { ...web, services: [{ realServers: ["rs1", "r2"] }] },
    'services[0].realServers: "r2" is no real server, did you mean "rs2"?',
  ],
  [
    "a real server that is nowhere near",
    { ...web, services: [{ realServers: ["alpha"] }] },
    'services[0].realServers: "alpha" is no real server; there are rs1, rs2',
  ],
  [
    "a lower threshold above the upper one",
    { ...web, realServers: [{ upperThreshold: 10, lowerThreshold: 20 }] },
    "realServers[0].lowerThreshold: 20 is above upperThreshold 10; write a smaller one",
  ],
  [
    "a lower threshold alone",
    { ...web, realServers: [{ lowerThreshold: 20 }] },
    "realServers[0].lowerThreshold: 20 has no upperThreshold above it; write one, or leave it out",
  ],
])("%s is refused", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test.each<[string, Record<string, unknown>]>([
  [
    "the same port under each protocol",
    { services: [{ port: 7 }, { port: 7, protocol: "udp", vip: "172.16.0.41" }] },
  ],
  ["one port beside every port", { services: [{ port: 0, persistence: {} }, { port: 80 }] }],
  ["a marked port beside every port", { services: [{ ports: [80] }, { port: 0, persistence: {} }] }],
  ["every port of several VIPs by a mark", { services: [{ vips: ["172.16.0.40", "172.16.0.41"], port: 0 }] }],
  ["the service's own port as that of the real servers", { services: [{ realServerPort: 80 }] }],
  ["one-packet scheduling of UDP", { services: [{ protocol: "udp", port: 53, onePacket: true }] }],
  [
    "one-packet scheduling through a tunnel",
    { services: [{ protocol: "udp", port: 53, onePacket: true, forwarding: "tun" }] },
  ],
  [
    "one mark for each family",
    {
      network: { cidr6: "fd00:16::/64" },
      services: [
        { ports: [80], fwmark: 1 },
        { vip: "fd00:16::40", ports: [80], fwmark: 1 },
      ],
    },
  ],
])("%s is taken", (_what, raw) => {
  expect(() => resolveSite("dev", { ...web, ...raw })).not.toThrow();
});
