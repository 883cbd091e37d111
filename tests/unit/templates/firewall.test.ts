import { resolveSite } from "../../../settings/resolve";
import { machinesOf } from "../../../settings/site";
import { firewallRules } from "../../../templates/firewall";

/** The rules of the machine called `name`, in order. */
function rulesOf(name: string, raw: Record<string, unknown>): string[] {
  const site = resolveSite("dev", { firewall: true, ...raw });
  const machine = machinesOf(site).find((known) => known.name === name)!;
  return firewallRules(site, machine)
    .split("\n")
    .filter((line) => line.endsWith(" accept"))
    .map((line) => line.trim());
}
/** What a machine lets in besides what every machine does. */
const servedBy = (name: string, raw: Record<string, unknown> = {}) => rulesOf(name, raw).slice(3, -1);

const inside = {
  content: "static",
  networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
  realServers: [{ addresses: ["172.16.0.32", "172.16.1.32"] }],
};

test("a site without a firewall has no rules for any machine", () => {
  const site = resolveSite("dev", {});
  expect(machinesOf(site).map((machine) => firewallRules(site, machine))).toEqual(["", "", "", "", ""]);
});

test("a machine drops all but its own, ping, ssh, what it serves and what it asked for", () => {
  const site = resolveSite("dev", { firewall: true });
  expect(firewallRules(site, site.director)).toBe(`table inet lvs_firewall
delete table inet lvs_firewall
table inet lvs_firewall {
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    meta l4proto { icmp, icmpv6 } accept
    tcp dport 22 accept
    ip daddr { 172.16.0.40 } tcp dport { 80 } accept
    ct state established,related accept
  }
}
`);
});

test("the director lets in what comes for each service", () => {
  const services = [
    { vip: "172.16.0.40" },
    { vips: ["172.16.0.41", "172.16.0.42"], ports: [81, "8000-8010"] },
    { vip: "fd00:16::40" },
    { vip: "172.16.0.43", port: 0, persistence: {} },
    { vip: "172.16.0.40", protocol: "udp", port: 7007 },
    { vip: "172.16.0.40", protocol: "sctp", port: 7009 },
  ];
  expect(servedBy("director", { ...inside, network: { cidr6: "fd00:16::/64" }, services })).toEqual([
    "ip daddr { 172.16.0.40 } tcp dport { 80 } accept",
    "ip daddr { 172.16.0.41, 172.16.0.42 } tcp dport { 81, 8000-8010 } accept",
    "ip6 daddr { fd00:16::40 } tcp dport { 80 } accept",
    "ip daddr { 172.16.0.43 } meta l4proto tcp accept",
    "ip daddr { 172.16.0.40 } udp dport { 7007 } accept",
    "ip daddr { 172.16.0.40 } sctp dport { 7009 } accept",
  ]);
});

test.each<[string, object[], string[]]>([
  ["http", [{}], ["tcp dport { 80 } accept"]],
  [
    "several ports, each once",
    [{ port: 8080 }, { vip: "172.16.0.41", port: 8080 }, { ports: ["8000-8010"], scheduler: "rr" }],
    ["tcp dport { 8080, 8000-8010 } accept"],
  ],
  ["nat, on its own port", [{ forwarding: "nat", realServerPort: 8080 }], ["tcp dport { 8080 } accept"]],
  // IP in IP is protocol 4; by the name ipip, /etc/protocols has another one.
  ["tunnels", [{ forwarding: "tun" }], ["tcp dport { 80 } accept", "meta l4proto 4 accept"]],
  ["udp", [{ protocol: "udp", port: 7007 }], ["udp dport { 7007 } accept"]],
])("a real server lets in %s", (_what, services, rules) => {
  expect(servedBy("rs1", { ...inside, services })).toEqual(rules);
});

test("each protocol has its own ports on a real server", () => {
  const services = [{}, { protocol: "udp", port: 7007 }, { protocol: "sctp", port: 7009 }];
  expect(servedBy("rs1", { ...inside, services })).toEqual([
    "tcp dport { 80 } accept",
    "udp dport { 7007 } accept",
    "sctp dport { 7009 } accept",
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
  expect(servedBy("rs1", { content: "shop" })).toEqual(["tcp dport { 80 } accept"]);
});

describe("a director", () => {
  const pair = { content: "static", directors: 2, director: { manager: "keepalived" } };

  test.each([
    ["director", "172.16.0.30"],
    ["director2", "172.16.0.31"],
  ])("called %s lets in VRRP and connections from the other one alone", (name, peer) => {
    expect(servedBy(name, pair)).toEqual([
      "ip daddr { 172.16.0.40 } tcp dport { 80 } accept",
      `ip saddr ${peer} meta l4proto 112 accept`,
      `ip saddr ${peer} udp dport 8848 accept`,
    ]);
  });

  test("lets in who reads its metrics, where it tells any", () => {
    const site = { content: "static", director: { manager: "keepalived" } };
    expect(servedBy("director", { ...site, sorryServer: {} }).slice(1)).toEqual(["tcp dport 9112 accept"]);
    expect(servedBy("director", { ...site, sorryServer: { on: "machine" } })).toHaveLength(1);
  });
});

test("a sorry server of its own lets in what real servers do", () => {
  const raw = { content: "static", director: { manager: "keepalived" }, sorryServer: { on: "machine" } };
  expect(servedBy("sorry", raw)).toEqual(servedBy("rs1", raw));
});
