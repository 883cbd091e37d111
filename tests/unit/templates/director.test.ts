import { resolveSite } from "../../../settings/resolve";
import { type SiteSettings, directorsOf } from "../../../settings/site";
import {
  directorConf,
  directorModules,
  directorNft,
  directorSysctl,
  ipvsRules,
  readinessList,
} from "../../../templates/director";

/** A static site with a network behind the director and an IPv6 prefix in front, and these services. */
const siteOf = (services: object[], more: Record<string, unknown> = {}): SiteSettings =>
  resolveSite("dev", {
    content: "static",
    network: { cidr: "172.16.0.0/24", cidr6: "fd00:16::/64" },
    networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "none" }],
    realServers: [
      { addresses: ["172.16.0.32", "172.16.1.32"] },
      { addresses: ["172.16.0.33", "172.16.1.33"] },
    ],
    services,
    ...more,
  });
const pairOf = (services: object[], more: Record<string, unknown> = {}): SiteSettings =>
  siteOf(services, { directors: 2, director: { manager: "keepalived" }, vrrp: { routerId: 51 }, ...more });
const rulesOf = (...services: object[]): string[] => ipvsRules(siteOf(services)).trimEnd().split("\n");

describe("the IPVS table, in ipvsadm's own form", () => {
  test("lists each service before its real servers, with scheduler and weights", () => {
    const site = resolveSite("dev", {
      services: [{ scheduler: "wrr" }, { vip: "172.16.0.50", port: 8080, scheduler: "sh" }],
      realServers: [{ weight: 3 }, { weight: 0 }],
    });
    expect(ipvsRules(site)).toBe(`-A -t 172.16.0.40:80 -s wrr
-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 3
-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 0
-A -t 172.16.0.50:8080 -s sh
-a -t 172.16.0.50:8080 -r 172.16.0.32:8080 -g -w 3
-a -t 172.16.0.50:8080 -r 172.16.0.33:8080 -g -w 0
`);
  });

  test.each<[string, object, string[]]>([
    [
      "udp, each packet by itself",
      { protocol: "udp", port: 7007, onePacket: true },
      ["-A -u 172.16.0.40:7007 -s wlc -o", "-a -u 172.16.0.40:7007 -r 172.16.0.32:7007 -g -w 1"],
    ],
    [
      "sctp",
      { protocol: "sctp", port: 7009 },
      [
        "-A --sctp-service 172.16.0.40:7009 -s wlc",
        "-a --sctp-service 172.16.0.40:7009 -r 172.16.0.32:7009 -g -w 1",
      ],
    ],
    [
      "several ports under a mark",
      { ports: [80, "8000-8010"], fwmark: 66 },
      ["-A -f 66 -s wlc", "-a -f 66 -r 172.16.0.32:0 -g -w 1"],
    ],
    [
      "a mark over IPv6",
      { vips: ["fd00:16::40", "FD00:16:0:0::41"], port: 80 },
      ["-A -f 63986 -6 -s wlc", "-a -f 63986 -6 -r [fd00:16::20]:0 -g -w 1"],
    ],
    [
      "IPv6, in the spelling that the kernel prints",
      { vip: "FD00:16:0:0::0040" },
      ["-A -t [fd00:16::40]:80 -s wlc", "-a -t [fd00:16::40]:80 -r [fd00:16::20]:80 -g -w 1"],
    ],
    [
      "every port of a VIP",
      { port: 0, persistence: {} },
      ["-A -t 172.16.0.40:0 -s wlc -p 300", "-a -t 172.16.0.40:0 -r 172.16.0.32:0 -g -w 1"],
    ],
    [
      "persistence of whole networks",
      { persistence: { timeoutSeconds: 7, netmask: "255.255.255.0" } },
      ["-A -t 172.16.0.40:80 -s wlc -p 7 -M 255.255.255.0", "-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1"],
    ],
    [
      "both flags of a scheduler, in ipvsadm's order whatever the file's",
      { scheduler: "mh", schedulerFlags: ["mh-port", "mh-fallback"], persistence: { timeoutSeconds: 1 } },
      [
        "-A -t 172.16.0.40:80 -s mh -p 1 -b mh-fallback,mh-port",
        "-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1",
      ],
    ],
    [
      "nat with another port on the real servers",
      { forwarding: "nat", realServerPort: 8080 },
      ["-A -t 172.16.0.40:80 -s wlc", "-a -t 172.16.0.40:80 -r 172.16.1.32:8080 -m -w 1"],
    ],
    [
      "tunnels",
      { forwarding: "tun" },
      ["-A -t 172.16.0.40:80 -s wlc", "-a -t 172.16.0.40:80 -r 172.16.1.32:80 -i -w 1 --tun-type ipip"],
    ],
    [
      "full NAT, which IPVS sees as nat",
      { forwarding: "fullnat" },
      ["-A -t 172.16.0.40:80 -s wlc", "-a -t 172.16.0.40:80 -r 172.16.1.32:80 -m -w 1"],
    ],
    [
      "a single real server",
      { realServers: ["rs2"] },
      ["-A -t 172.16.0.40:80 -s wlc", "-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 1"],
    ],
  ])("says %s", (_what, service, lines) => {
    expect(rulesOf(service).slice(0, 2)).toEqual(lines);
  });

  test("ends a real server's line with its thresholds, which ipvsadm -S leaves out", () => {
    const site = resolveSite("dev", {
      realServers: [{ upperThreshold: 50, lowerThreshold: 40 }, { upperThreshold: 9 }, {}],
    });
    expect(ipvsRules(site).split("\n").slice(1, 4)).toEqual([
      "-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1 -x 50 -y 40",
      "-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 1 -x 9 -y 0",
      "-a -t 172.16.0.40:80 -r 172.16.0.36:80 -g -w 1",
    ]);
  });
});

const nftOf = (site: SiteSettings): string => directorNft(site, site.director);

describe("marks and source addresses", () => {
  test("are none for services that need neither", () => {
    expect(nftOf(siteOf([{}, { forwarding: "nat", vip: "172.16.0.41" }]))).toBe("");
  });

  test("replace themselves at once, and take marks from the services' names", () => {
    const site = siteOf([
      { ports: [80, 443], fwmark: 66, application: "http" },
      { ports: ["8000-8003"] },
      { vip: "172.16.0.41", forwarding: "fullnat" },
    ]);
    expect(nftOf(site)).toBe(`table inet lvs
delete table inet lvs
table inet lvs {
  chain marks {
    type filter hook prerouting priority mangle;
    ip daddr 172.16.0.40 tcp dport { 80, 443 } meta mark set 66
    ip daddr 172.16.0.40 tcp dport 8000-8003 meta mark set 17536
  }
  chain sources {
    type nat hook postrouting priority srcnat;
    meta l4proto tcp ct original ip daddr 172.16.0.41 ct original proto-dst 80 masquerade
  }
}
`);
  });

  const ruleOf = (service: object) => /^ {4}(?!type)(.*)$/m.exec(nftOf(siteOf([service])))?.[1];

  test.each<[string, object, string]>([
    ["one port", { ports: [8080] }, "ip daddr 172.16.0.40 tcp dport 8080 meta mark set 63986"],
    [
      "a range of udp",
      { ports: ["7000-7003"], protocol: "udp" },
      "ip daddr 172.16.0.40 udp dport 7000-7003 meta mark set 63986",
    ],
    [
      "several VIPs",
      { vips: ["172.16.0.40", "172.16.0.41"], port: 80 },
      "ip daddr { 172.16.0.40, 172.16.0.41 } tcp dport 80 meta mark set 63986",
    ],
    [
      "every port of several VIPs",
      { vips: ["172.16.0.40", "172.16.0.41"], port: 0, persistence: {} },
      "ip daddr { 172.16.0.40, 172.16.0.41 } meta l4proto tcp meta mark set 63986",
    ],
    [
      "IPv6",
      { vips: ["fd00:16::40"], ports: [80], fwmark: 6 },
      "ip6 daddr fd00:16::40 tcp dport 80 meta mark set 6",
    ],
  ])("mark %s", (_what, service, rule) => {
    expect(ruleOf(service)).toBe(rule);
  });

  test.each<[string, object, string]>([
    [
      "one port of udp",
      { protocol: "udp", port: 53 },
      "meta l4proto udp ct original ip daddr 172.16.0.40 ct original proto-dst 53 masquerade",
    ],
    [
      "every port",
      { port: 0, persistence: {} },
      "meta l4proto tcp ct original ip daddr 172.16.0.40 masquerade",
    ],
  ])("give full NAT's packets the director's address for %s", (_what, service, rule) => {
    expect(ruleOf({ forwarding: "fullnat", ...service })).toBe(rule);
  });
});

describe("what two directors want of each other", () => {
  test("is let in from the other one alone, and packets of connections still under way are not answered", () => {
    const site = pairOf([{}]);
    expect(nftOf(site)).toBe(`table inet lvs
delete table inet lvs
table inet lvs {
  set fresh { type ipv4_addr; flags timeout; }
  set fresh6 { type ipv6_addr; flags timeout; }
  set held { type ipv4_addr; flags timeout; }
  set held6 { type ipv6_addr; flags timeout; }
  chain peer {
    type filter hook input priority filter;
    ip saddr { 172.16.0.30, 172.16.1.30 } meta l4proto 112 accept
    ip saddr { 172.16.0.30, 172.16.1.30 } udp dport 8848 accept
    ip6 saddr fd00:16::1e meta l4proto 112 accept
    meta l4proto 112 drop
    udp dport 8848 drop
  }
  chain unknown {
    type filter hook input priority 110;
    ip daddr @fresh tcp flags & (syn | ack) != syn drop
    ip6 daddr @fresh6 tcp flags & (syn | ack) != syn drop
  }
  chain begin {
    type filter hook prerouting priority raw;
    ip daddr @held tcp flags & (syn | ack) == syn drop
    ip6 daddr @held6 tcp flags & (syn | ack) == syn drop
  }
}
`);
  });

  test("is for each of them the other's address", () => {
    const site = pairOf([{}], { networks: [], realServers: [{}] });
    const saddr = directorsOf(site).map((director) => /ip saddr (\S+)/.exec(directorNft(site, director))![1]);
    expect(saddr).toEqual(["172.16.0.30", "172.16.0.31"]);
  });

  test("stands beside marks and source addresses", () => {
    const rules = nftOf(pairOf([{ ports: [80, 81] }, { vip: "172.16.0.41", forwarding: "fullnat" }]));
    expect(rules.match(/chain \w+/g)).toEqual([
      "chain marks",
      "chain sources",
      "chain peer",
      "chain unknown",
      "chain begin",
    ]);
  });
});

describe("the director's configuration", () => {
  test("says each VIP once, with the device of its network", () => {
    const site = siteOf([
      {},
      { port: 8080 },
      { vip: "172.16.1.50", port: 81, forwarding: "fullnat" },
      { vip: "fd00:16::28" },
    ]);
    expect(directorConf(site, site.director)).toBe(`VIPS="172.16.0.40@eth0 172.16.1.50@eth1 fd00:16::28@eth0"
TIMEOUTS="900 120 300"
DRAIN_SECONDS=30
MANAGER=ipvsadm
FLOATING=""
SYNC=""
PEER=""
`);
  });

  test("leaves the director's own address out, which it has anyway", () => {
    const services = ["172.16.0.31", "172.16.0.40"].map((vip) => ({ vip, forwarding: "nat" }));
    const site = siteOf(services, { director: { addresses: ["172.16.0.31", "172.16.1.31"] } });
    expect(directorConf(site, site.director)).toContain('VIPS="172.16.0.40@eth0"\n');
  });

  test("says timeouts and the time to drain in seconds", () => {
    const site = siteOf([{}], {
      director: { drainSeconds: 0, timeouts: { tcpSeconds: 1, tcpFinSeconds: 2, udpSeconds: 3 } },
    });
    expect(directorConf(site, site.director)).toContain('TIMEOUTS="1 2 3"\nDRAIN_SECONDS=0\n');
  });

  test.each([
    [{ manager: "ipvsadm" }, "ipvsadm"],
    [{ manager: "ipvsadm", health: "ldirectord" }, "ldirectord"],
    [{ manager: "keepalived" }, "keepalived"],
  ])("names who keeps the table with %j", (director, manager) => {
    const site = siteOf([{}], { director });
    expect(directorConf(site, site.director)).toContain(`\nMANAGER=${manager}\n`);
  });

  test("of a pair leaves VIPs and gateways to VRRP, and says where the other one is", () => {
    const site = pairOf([{}, { vip: "fd00:16::28" }, { port: 81, forwarding: "nat" }]);
    const rest = `TIMEOUTS="900 120 300"
DRAIN_SECONDS=30
MANAGER=keepalived
FLOATING="172.16.0.40@eth0 fd00:16::28@eth0 172.16.1.29@eth1"
SYNC="eth0 51"
`;
    expect(directorsOf(site).map((director) => directorConf(site, director))).toEqual([
      `VIPS=""\n${rest}PEER="172.16.0.30"\n`,
      `VIPS=""\n${rest}PEER="172.16.0.31"\n`,
    ]);
  });

  test.each([
    ["http", {}, "ip_vs\n"],
    ["ftp", { port: 21, forwarding: "nat" }, "ip_vs\nip_vs_ftp\n"],
  ])("loads what a site with %s needs of the kernel", (_what, service, modules) => {
    expect(directorModules(siteOf([service]))).toBe(modules);
  });
});

describe("the director's sysctls", () => {
  test("send no redirects from any NIC, and forget real servers that are gone", () => {
    expect(
      directorSysctl(siteOf([{}]))
        .trimEnd()
        .split("\n"),
    ).toEqual([
      "net.ipv4.conf.all.send_redirects = 0",
      "net.ipv4.conf.default.send_redirects = 0",
      "net.ipv4.conf.eth0.send_redirects = 0",
      "net.ipv4.conf.eth1.send_redirects = 0",
      "net.ipv4.vs.expire_nodest_conn = 1",
      "net.ipv4.vs.expire_quiescent_template = 1",
    ]);
  });

  test("of a pair tell each other of a connection once it is established", () => {
    const more = directorSysctl(pairOf([{}])).replace(directorSysctl(siteOf([{}])), "");
    expect(more).toBe(`net.ipv4.vs.sync_threshold = 0 0
net.ipv4.vs.sync_refresh_period = 10
net.ipv4.vs.sync_retries = 2
`);
  });

  const forward = "net.ipv4.ip_forward = 1\n";
  const track = "net.ipv4.vs.conntrack = 1\nnet.netfilter.nf_conntrack_max = 262144\n";
  test.each([
    ["dr", ""],
    ["tun", ""],
    ["nat", forward],
    ["fullnat", forward + track],
  ])("for %s switch on what it needs, and nothing off", (forwarding, more) => {
    const text = directorSysctl(siteOf([{ forwarding: "dr" }, { vip: "172.16.0.41", forwarding }]));
    expect(text.slice(text.indexOf("net.ipv4.vs.expire_quiescent_template"))).toBe(
      `net.ipv4.vs.expire_quiescent_template = 1\n${more}`,
    );
  });
});

describe("how the director asks whether a real server is ready", () => {
  const firstOf = (service: object, more: Record<string, unknown> = {}) =>
    readinessList(siteOf([service], more)).split("\n")[0];

  test.each<[string, object, string]>([
    ["http", {}, "172.16.0.32:80 http://172.16.0.32:80/readyz 172.16.0.40"],
    ["http elsewhere", { port: 8080 }, "172.16.0.32:8080 http://172.16.0.32:8080/readyz 172.16.0.40:8080"],
    [
      "http on the real servers' own port",
      { forwarding: "nat", realServerPort: 8080 },
      "172.16.1.32:8080 http://172.16.1.32:8080/readyz 172.16.0.40",
    ],
    ["http under a mark", { ports: ["81-82"] }, "172.16.0.32:0 http://172.16.0.32:81/readyz 172.16.0.40:81"],
    [
      "http on every port",
      { port: 0, persistence: {} },
      "172.16.0.32:0 http://172.16.0.32:80/readyz 172.16.0.40",
    ],
    ["IPv6", { vip: "fd00:16::40" }, "[fd00:16::20]:80 http://[fd00:16::20]:80/readyz [fd00:16::40]"],
    ["ssh", { port: 22 }, "172.16.0.32:22 tcp"],
    ["ftp", { port: 21, forwarding: "nat" }, "172.16.1.32:21 tcp"],
    ["echo under a mark", { ports: [7000], application: "echo" }, "172.16.0.32:0 none"],
    ["udp", { port: 7007, protocol: "udp" }, "172.16.0.32:7007 none"],
    ["sctp", { port: 7009, protocol: "sctp" }, "172.16.0.32:7009 none"],
  ])("%s", (_what, service, line) => {
    expect(firstOf(service)).toBe(line);
  });

  test("https is asked as http is", () => {
    expect(firstOf({ port: 443 }, { tls: {} })).toBe(
      "172.16.0.32:443 https://172.16.0.32:443/readyz 172.16.0.40",
    );
  });

  test("one that is drained is not waited for", () => {
    const site = siteOf([{}, { port: 22 }], { realServers: [{ drained: true }, {}] });
    expect(readinessList(site).split("\n").slice(0, 3)).toEqual([
      "172.16.0.32:80 none",
      "172.16.0.33:80 http://172.16.0.33:80/readyz 172.16.0.40",
      "172.16.0.32:22 none",
    ]);
  });

  test("an endpoint of several services is asked once, by the name of the site's front", () => {
    const site = siteOf([{ vip: "172.16.0.41" }, { vip: "172.16.0.42" }]);
    expect(readinessList(site)).toBe(
      "172.16.0.32:80 http://172.16.0.32:80/readyz 172.16.0.41\n" +
        "172.16.0.33:80 http://172.16.0.33:80/readyz 172.16.0.41\n",
    );
  });
});
