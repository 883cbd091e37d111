import { inside, saidOf } from "./said";

const pair = { content: "static", directors: 2, director: { manager: "keepalived" } };
const checked = { content: "static", director: { manager: "keepalived" } };

test.each<[string, Record<string, unknown>, string]>([
  [
    "two directors with ipvsadm",
    { content: "static", directors: 2 },
    'directors: two directors share their VIPs by VRRP, which needs keepalived, not ipvsadm; write "keepalived" as director.manager, or 1',
  ],
  ["three directors", { directors: 3 }, "directors: 3 is too large; write a number from 1 to 2"],
  [
    "ldirectord beside keepalived",
    { content: "static", director: { manager: "keepalived", health: "ldirectord" } },
    'director.health: "ldirectord" is not needed with keepalived, which checks real servers itself; leave it out',
  ],
  [
    "addresses of a second director that is not there",
    { content: "static", director: { peer: { address: "172.16.0.30" } } },
    "director.peer.address: 172.16.0.30 is for a second director, and there is 1; leave it out, or write 2 as directors",
  ],
  [
    "a floating gateway of a single director",
    { content: "static", vrrp: { gateways: ["172.16.0.29"] } },
    "vrrp.gateways: 172.16.0.29 is for a second director, and there is 1; leave it out, or write 2 as directors",
  ],
  [
    "adverts of a single director",
    { content: "static", vrrp: { advertSeconds: 0.5 } },
    "vrrp.advertSeconds: 0.5 is for a second director, and there is 1; leave it out, or write 2 as directors",
  ],
  [
    "a floating gateway where nothing is translated",
    { ...pair, vrrp: { gateways: ["172.16.0.29"] } },
    'vrrp.gateways[0]: 172.16.0.29 would be the gateway of no machine: no service uses "nat"; leave it out',
  ],
  [
    "a pair whose directors stand on different networks",
    {
      ...pair,
      networks: [inside],
      director: { manager: "keepalived", peer: { addresses: ["172.16.0.30"] } },
    },
    "director.peer.addresses: are on front, and the first director is on front, inside; write an address on each of these, in that order",
  ],
  [
    "a second director with a real server's address",
    {
      ...pair,
      director: { manager: "keepalived", peer: { address: "172.16.0.32" } },
      realServers: [{ address: "172.16.0.32" }],
    },
    "realServers[0].address: 172.16.0.32 is already the address of the second director; write another",
  ],
  [
    "a VIP of a pair that is one director's own",
    {
      ...pair,
      networks: [inside],
      director: { manager: "keepalived", addresses: ["172.16.0.31", "172.16.1.31"] },
      services: [{ vip: "172.16.0.31", forwarding: "nat" }],
    },
    "services[0].vip: 172.16.0.31 is the address of the director; a VIP needs an address that no machine has",
  ],
  [
    "an interval that no check can meet",
    { ...checked, services: [{ check: { intervalSeconds: 2, timeoutSeconds: 5 } }] },
    "services[0].check.timeoutSeconds: 5 s is longer than the interval of 2 s; write at most 2, or a longer intervalSeconds",
  ],
  [
    "more healthy real servers than there are",
    { ...checked, services: [{ check: { minHealthy: 3 } }] },
    "services[0].check.minHealthy: 3 is above the number of its real servers; write at most 2",
  ],
  [
    "a share that is none",
    { ...checked, services: [{ check: { minHealthy: "most" } }] },
    'services[0].check.minHealthy: "most" is neither a number of servers nor a share of them; write one like 1 or "50%"',
  ],
  [
    "a script check without its script",
    { ...checked, services: [{ check: { type: "script" } }] },
    "services[0].check.script: is missing; write the path of the program that checks",
  ],
  [
    "a script for another kind of check",
    { ...checked, services: [{ check: { script: "probe.sh" } }] },
    'services[0].check.script: works only with the check type "script", and this check is http; write "script" as type, or leave it out',
  ],
  ...Object.entries({ path: "/up", status: 204, host: "www.example.org", minHealthy: 0 }).map(
    ([key, value]): [string, Record<string, unknown>, string] => [
      `${key} of a check that only connects`,
      { ...checked, services: [{ check: { type: "tcp", [key]: value } }] },
      `services[0].check.${key}: works only with the check types "http" and "https", and this check is tcp; write one of them as type, or leave it out`,
    ],
  ),
  [
    "a pool that a script may not empty",
    { ...checked, services: [{ check: { type: "script", script: "probe.sh", minHealthy: "50%" } }] },
    'services[0].check.minHealthy: works only with the check types "http" and "https", and this check is script; write one of them as type, or leave it out',
  ],
  [
    "how often a service is asked that nobody asks",
    { ...checked, services: [{ protocol: "udp", port: 7, check: { intervalSeconds: 5 } }] },
    "services[0].check.intervalSeconds: is a setting of a check, and this service has none; write a type, or leave it out",
  ],
  [
    "nobody to send clients to",
    { ...checked, realServers: [{ weight: 0 }, {}], services: [{ realServers: ["rs1"] }] },
    "services[0]: has real servers of weight 0 alone, which keepalived refuses; write a weight above 0 for one of them",
  ],
  [
    "a service whose real servers are drained all",
    {
      content: "static",
      realServers: [{ drained: true }, { weight: 0 }, {}],
      services: [{ realServers: ["rs1", "rs2"] }],
    },
    "services[0]: has only drained real servers (rs1); leave drained out for one of them",
  ],
  [
    "a check that nobody makes",
    { content: "static", services: [{ check: {} }] },
    'services[0].check: no program checks real servers here; write "keepalived" as director.manager or "ldirectord" as director.health, or leave it out',
  ],
  [
    "SCTP watched by ldirectord",
    {
      content: "static",
      director: { health: "ldirectord" },
      services: [{ protocol: "sctp", port: 7 }],
      client: {},
    },
    'services[0].protocol: ldirectord has no sctp; leave it out, or write "keepalived" as director.manager',
  ],
  [
    "two checks that ldirectord cannot tell apart",
    {
      content: "static",
      director: { health: "ldirectord" },
      services: [
        { name: "dns", port: 53, protocol: "udp", check: { type: "script", script: "package.json" } },
        { name: "dns-tcp", port: 53, application: "echo", check: { type: "tcp" } },
      ],
    },
    'services[1].check: ldirectord cannot tell it from the check of dns, which has the same VIP and port over udp; write "none" as the type of one of them, or "keepalived" as director.manager',
  ],
  [
    "one-packet scheduling by a mark, watched by ldirectord",
    {
      content: "static",
      director: { health: "ldirectord" },
      services: [{ protocol: "udp", ports: [7, 9], onePacket: true }],
    },
    'services[0].onePacket: ldirectord has no one-packet scheduling by a mark; leave it out, or write "keepalived" as director.manager',
  ],
  [
    "a sorry server that nobody would ask",
    { content: "static", sorryServer: {} },
    'sorryServer: no program would notice that no real server is left; write "keepalived" as director.manager or "ldirectord" as director.health',
  ],
  [
    "a sorry server's address without a machine",
    { ...checked, sorryServer: { address: "172.16.0.38" } },
    'sorryServer.address: is the address of a sorry server on its own machine; write "machine" as sorryServer.on, or leave it out',
  ],
  [
    "a sorry page for ssh",
    { ...checked, services: [{ port: 22 }], sorryServer: {} },
    "sorryServer: is a page over plain http, and no service uses that; leave it out",
  ],
  [
    "adverts more often than the kernel can wake",
    { ...pair, vrrp: { advertSeconds: 0.001 } },
    "vrrp.advertSeconds: 0.001 is too small; write a number from 0.05 to 40",
  ],
])("%s is refused", (_what, raw, line) => {
  expect(saidOf(raw)).toEqual([line]);
});
