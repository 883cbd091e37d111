import { resolveSite } from "../../../settings/resolve";
import { machinesOf } from "../../../settings/site";
import { firewallRules } from "../../../templates/firewall";

const textOf = (name: string, raw: Record<string, unknown>): string => {
  const site = resolveSite("dev", raw);
  return firewallRules(
    site,
    machinesOf(site).find((known) => known.name === name)!,
  );
};

/** The rules of one chain of the machine called `name`, in order; undefined where it has none. */
function chainOf(chain: string, name: string, raw: Record<string, unknown>): string[] | undefined {
  const lines = textOf(name, raw)
    .split("\n")
    .map((line) => line.trim());
  const start = lines.indexOf(`chain ${chain} {`);
  return start < 0 ? undefined : lines.slice(start + 2, lines.indexOf("}", start));
}
/** What a machine lets in besides what every machine does. */
const servedBy = (name: string, raw: Record<string, unknown> = {}) =>
  chainOf("input", name, raw)!.filter(
    (rule) => !/^(iif|icmp|icmpv6|ct) |saddr \{ 172.16.0.1(, 172.16.1.1)? \} tcp dport 22 accept$/.test(rule),
  );

const inside = {
  content: "static",
  networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
  director: { addresses: ["172.16.0.31", "172.16.1.31"] },
  realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
};
/** Director and hypervisor, who may look at each real server by itself. */
const trusted = "ip saddr { 172.16.0.31, 172.16.1.31, 172.16.0.1, 172.16.1.1 }";

test("a site without a firewall has no rules for any machine", () => {
  const site = resolveSite("dev", { firewall: false });
  expect(machinesOf(site).map((machine) => firewallRules(site, machine))).toEqual(["", "", "", "", ""]);
});

test("a machine drops all but its own, ICMP, ssh by its managers, what it serves and what it asked for", () => {
  expect(textOf("director", {})).toBe(`table inet lvs_firewall
delete table inet lvs_firewall
table inet lvs_firewall {
  chain untracked_prerouting {
    type filter hook prerouting priority raw;
    ip daddr { 172.16.0.40 } tcp dport { 80 } notrack
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept
    icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept
    ip saddr { 172.16.0.1 } tcp dport 22 accept
    ip daddr { 172.16.0.40 } tcp dport { 80 } accept
    ct state established,related accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
}
`);
});

test("managers come from the hypervisor's addresses and from where the stack file says", () => {
  const network = { cidr6: "fd00:16::/64" };
  const rules = chainOf("input", "client", {
    network,
    managementCidrs: ["10.0.0.0/8", "2001:db8::1"],
    client: {},
  })!;
  expect(rules.filter((rule) => rule.includes("dport 22"))).toEqual([
    "ip saddr { 172.16.0.1, 10.0.0.0/8 } tcp dport 22 accept",
    "ip6 saddr { fd00:16::1, 2001:db8::1 } tcp dport 22 accept",
  ]);
});

test("the director lets in what comes for each service", () => {
  const services = [
    { vip: "172.16.0.40" },
    { vip: "172.16.0.40", port: 8080 },
    { vips: ["172.16.0.41", "172.16.0.42"], ports: [81, "8000-8010"] },
    { vip: "fd00:16::40" },
    { vip: "172.16.0.43", port: 0, persistence: {} },
    { vip: "172.16.0.40", protocol: "udp", port: 7007 },
    { vip: "172.16.0.40", protocol: "sctp", port: 7009 },
    { vip: "172.16.0.44", port: 21, forwarding: "nat" },
  ];
  expect(servedBy("director", { ...inside, network: { cidr6: "fd00:16::/64" }, services }).slice(1)).toEqual([
    "ip daddr { 172.16.0.40 } tcp dport { 80, 8080 } accept",
    "ip daddr { 172.16.0.41, 172.16.0.42 } tcp dport { 81, 8000-8010 } accept",
    "ip6 daddr { fd00:16::40 } tcp dport { 80 } accept",
    "ip daddr { 172.16.0.43 } meta l4proto tcp accept",
    "ip daddr { 172.16.0.40 } udp dport { 7007 } accept",
    "ip daddr { 172.16.0.40 } sctp dport { 7009 } accept",
    "ip daddr { 172.16.0.44 } tcp dport { 21, 30000-30099 } accept",
  ]);
});

const web = "tcp dport { 80 } accept";

test.each<[string, object[], string[]]>([
  ["dr at the VIP", [{}], [`ip daddr { 172.16.0.40 } ${web}`, `${trusted} ${web}`]],
  [
    "several ports, each once",
    [{ port: 8080 }, { ports: ["8000-8010"], scheduler: "rr" }],
    [
      "ip daddr { 172.16.0.40 } tcp dport { 8080, 8000-8010 } accept",
      `${trusted} tcp dport { 8080, 8000-8010 } accept`,
    ],
  ],
  [
    "nat at its own address and port",
    [{ forwarding: "nat", realServerPort: 8080 }],
    ["ip daddr { 172.16.1.32 } tcp dport { 8080 } accept", `${trusted} tcp dport { 8080 } accept`],
  ],
  [
    "full NAT from the director alone",
    [{ forwarding: "fullnat", realServerPort: 8080 }],
    [`${trusted} tcp dport { 8080 } accept`],
  ],
  // IP in IP is protocol 4; by the name ipip, /etc/protocols has another one.
  [
    "tunnels from the director alone",
    [{ forwarding: "tun" }],
    [
      `ip daddr { 172.16.0.40 } ${web}`,
      `${trusted} ${web}`,
      "ip saddr { 172.16.0.31, 172.16.1.31 } meta l4proto 4 accept",
    ],
  ],
  [
    "udp, sctp",
    [
      { protocol: "udp", port: 7007 },
      { protocol: "sctp", port: 7009 },
    ],
    [
      "ip daddr { 172.16.0.40 } udp dport { 7007 } accept",
      `${trusted} udp dport { 7007 } accept`,
      "ip daddr { 172.16.0.40 } sctp dport { 7009 } accept",
      `${trusted} sctp dport { 7009 } accept`,
    ],
  ],
  [
    "FTP, its data too",
    [{ port: 21, forwarding: "nat" }],
    [
      "ip daddr { 172.16.1.32 } tcp dport { 21, 30000-30099 } accept",
      `${trusted} tcp dport { 21, 30000-30099 } accept`,
    ],
  ],
  [
    "ssh that is balanced, at the VIP, from anywhere",
    [{ port: 22 }],
    ["ip daddr { 172.16.0.40 } tcp dport { 22 } accept", `${trusted} tcp dport { 22 } accept`],
  ],
])("a real server lets in %s", (_what, services, rules) => {
  expect(servedBy("rs1", { ...inside, services })).toEqual(rules);
});

test("a real server lets in the services that it serves, and no other's", () => {
  const services = [{ realServers: ["rs1"] }, { vip: "172.16.0.41", port: 81, realServers: ["rs2"] }];
  const raw = { content: "static", services };
  expect(servedBy("rs2", raw)).toEqual([
    "ip daddr { 172.16.0.41 } tcp dport { 81 } accept",
    "ip saddr { 172.16.0.31, 172.16.0.1 } tcp dport { 81 } accept",
  ]);
});

test("IPv6 is let in beside IPv4", () => {
  const network = { cidr6: "fd00:16::/64" };
  expect(
    servedBy("rs1", { content: "static", network, services: [{ vip: "fd00:16::40" }] }).slice(1),
  ).toEqual([
    "ip6 daddr { fd00:16::40 } tcp dport { 80 } accept",
    "ip saddr { 172.16.0.31, 172.16.0.1 } tcp dport { 80 } accept",
    "ip6 saddr { fd00:16::1f, fd00:16::1 } tcp dport { 80 } accept",
  ]);
});

test("what clients send and get is not tracked, but where the director itself leans on that", () => {
  const tracks = (name: string, services: object[]) =>
    ["prerouting", "output"].map((hook) => chainOf(`untracked_${hook}`, name, { ...inside, services }));
  const both = [{}, { vip: "172.16.0.41", forwarding: "fullnat", realServerPort: 8080 }];
  expect(tracks("director", both)).toEqual([
    ["ip daddr { 172.16.0.40 } tcp dport { 80 } notrack"],
    undefined,
  ]);
  expect(tracks("rs1", both)).toEqual([
    ["ip daddr { 172.16.0.40 } tcp dport { 80 } notrack", `${trusted} tcp dport { 80, 8080 } notrack`],
    [
      "ip saddr { 172.16.0.40 } tcp sport { 80 } notrack",
      `${trusted.replace("saddr", "daddr")} tcp sport { 80, 8080 } notrack`,
    ],
  ]);
  expect(tracks("director", [{ forwarding: "nat" }])).toEqual([undefined, undefined]);
});

test("a real server does not track just what it lets in, so that answers to its own questions get back at any port", () => {
  const services = [
    { ports: ["40000-40015"], protocol: "udp" },
    { vip: "172.16.0.41", ports: ["40000-40399"] },
    { vip: "172.16.0.42", port: 8080, forwarding: "nat" },
  ];
  const untracked = chainOf("untracked_prerouting", "rs1", { ...inside, services })!;
  expect(untracked).toHaveLength(5);
  expect(untracked.map((rule) => rule.replace("notrack", "accept"))).toEqual(
    servedBy("rs1", { ...inside, services }),
  );
});

test("the director hands on its real servers' answers, and nobody anything else", () => {
  const handedOn = (name: string, services: object[]) => chainOf("forward", name, { ...inside, services });
  expect(
    handedOn("director", [
      { forwarding: "nat", realServerPort: 8080 },
      { port: 21, forwarding: "nat" },
    ]),
  ).toEqual([
    "ip saddr { 172.16.1.32 } tcp sport { 8080, 21, 30000-30099 } accept",
    "ip saddr { 172.16.1.32 } ip daddr { 172.16.0.1, 172.16.1.1 } tcp sport 22 accept",
    "ip saddr { 172.16.1.32 } icmp type { destination-unreachable, time-exceeded, parameter-problem } accept",
  ]);
  expect(handedOn("director", [{}])).toEqual([]);
  expect(handedOn("rs1", [{ forwarding: "nat" }])).toEqual([]);
});

describe("two directors", () => {
  const pair = { directors: 2, director: { manager: "keepalived" } };

  test("let each other in for VRRP and connections, and nobody else", () => {
    expect(servedBy("director", pair).slice(1)).toEqual([
      "ip saddr { 172.16.0.30 } meta l4proto 112 accept",
      "ip saddr { 172.16.0.30 } ip daddr { 224.0.0.81 } udp dport 8848 accept",
    ]);
    expect(servedBy("director2", pair).slice(1)).toEqual([
      "ip saddr { 172.16.0.31 } meta l4proto 112 accept",
      "ip saddr { 172.16.0.31 } ip daddr { 224.0.0.81 } udp dport 8848 accept",
    ]);
  });

  test("may both look at real servers and tunnel to them", () => {
    const services = [{ forwarding: "tun" }];
    const director = { manager: "keepalived" };
    expect(servedBy("rs1", { content: "static", directors: 2, director, services }).slice(1)).toEqual([
      `ip saddr { 172.16.0.31, 172.16.0.30, 172.16.0.1 } ${web}`,
      "ip saddr { 172.16.0.31, 172.16.0.30 } meta l4proto 4 accept",
    ]);
  });
});

test("a sorry server is let in to as a real server is, at the ports to which clients are translated", () => {
  const raw = {
    ...inside,
    director: { ...inside.director, manager: "keepalived" },
    services: [{ forwarding: "nat", realServerPort: 8080 }],
    sorryServer: { on: "machine" },
  };
  expect(servedBy("sorry", raw)).toEqual([
    "ip daddr { 172.16.1.38 } tcp dport { 8080 } accept",
    `${trusted} tcp dport { 8080 } accept`,
  ]);
  expect(chainOf("forward", "director", raw)).toEqual([
    "ip saddr { 172.16.1.32 } tcp sport { 8080 } accept",
    "ip saddr { 172.16.1.38 } tcp sport { 8080 } accept",
    "ip saddr { 172.16.1.32, 172.16.1.38 } ip daddr { 172.16.0.1, 172.16.1.1 } tcp sport 22 accept",
    "ip saddr { 172.16.1.32, 172.16.1.38 } icmp type { destination-unreachable, time-exceeded, parameter-problem } accept",
  ]);
});

test.each([
  ["nfs", 2049],
  ["mysql", 3306],
])("%s lets in the real servers alone", (name, port) => {
  expect(servedBy(name, { realServers: [{}, {}] })).toEqual([
    `ip saddr { 172.16.0.32, 172.16.0.33 } tcp dport ${port} accept`,
  ]);
});

test("NFS lets in a real server from each of its addresses", () => {
  expect(servedBy("nfs", { ...inside, nfs: {} })).toEqual([
    "ip saddr { 172.16.0.32, 172.16.1.32 } tcp dport 2049 accept",
  ]);
});

test("a client lets in nothing of its own", () => {
  expect(servedBy("client", { client: {} })).toEqual([]);
});

test("a shop's MariaDB is on the real server itself and lets nobody in", () => {
  expect(servedBy("rs1", { content: "shop" }).every((rule) => rule.endsWith(web))).toBe(true);
});

describe("a director", () => {
  const pair = { content: "static", directors: 2, director: { manager: "keepalived" } };

  test.each([
    ["director", "172.16.0.30"],
    ["director2", "172.16.0.31"],
  ])("called %s lets in VRRP and connections from the other one alone", (name, peer) => {
    expect(servedBy(name, pair)).toEqual([
      "ip daddr { 172.16.0.40 } tcp dport { 80 } accept",
      `ip saddr { ${peer} } meta l4proto 112 accept`,
      `ip saddr { ${peer} } ip daddr { 224.0.0.81 } udp dport 8848 accept`,
    ]);
  });

  test("lets in who reads its metrics, where it tells any", () => {
    const site = { content: "static", director: { manager: "keepalived" } };
    expect(servedBy("director", { ...site, sorryServer: {} }).slice(1)).toEqual([
      "ip saddr { 172.16.0.1 } tcp dport 9112 accept",
    ]);
    expect(servedBy("director", { ...site, sorryServer: { on: "machine" } })).toHaveLength(1);
  });
});

test("a sorry server of its own lets in what real servers do", () => {
  const raw = { content: "static", director: { manager: "keepalived" }, sorryServer: { on: "machine" } };
  expect(servedBy("sorry", raw)).toEqual(servedBy("rs1", raw));
});
