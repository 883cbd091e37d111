import { resolveSite } from "../../../settings/resolve";
import { type SiteSettings, directorsOf } from "../../../settings/site";
import { floatingOf, keepalivedConf } from "../../../templates/keepalived";

const inside = { networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "open" }] };
const siteOf = (services: object[], more: Record<string, unknown> = {}): SiteSettings =>
  resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64", forward: "open" },
    ...inside,
    director: { manager: "keepalived" },
    services,
    ...more,
  });
const pairOf = (services: object[], more: Record<string, unknown> = {}): SiteSettings =>
  siteOf(services, { directors: 2, vrrp: { routerId: 51 }, ...more });

/** Every block of the first director's that begins with `head`, without what it is indented by. */
function blocksOf(site: SiteSettings, head: string, director = site.director): string[] {
  const blocks = keepalivedConf(site, director).split(/(?<=^}\n)\n/m);
  return blocks.filter((block) => block.startsWith(head));
}
const linesOf = (block: string | undefined) => (block ?? "").split("\n").map((line) => line.trim());

describe("a virtual server", () => {
  const first = (service: object, more: Record<string, unknown> = {}) =>
    blocksOf(siteOf([service], more), "virtual_server")[0];

  test("has its scheduler, its checks, and each real server's weight right after its name", () => {
    const realServers = [{ weight: 3, upperThreshold: 50, lowerThreshold: 40 }, {}];
    expect(first({ scheduler: "wrr" }, { realServers })).toBe(`virtual_server 172.16.0.40 80 {
  protocol TCP
  lb_algo wrr
  lb_kind DR
  delay_loop 2
  warmup 1
  alpha
  real_server 172.16.0.32 80 {
    weight 3
    uthreshold 50
    lthreshold 40
    MISC_CHECK {
      misc_path "/usr/local/sbin/lvs-check web rs1"
      misc_timeout 24
    }
  }
  real_server 172.16.0.33 80 {
    weight 1
    MISC_CHECK {
      misc_path "/usr/local/sbin/lvs-check web rs2"
      misc_timeout 24
    }
  }
}
`);
  });

  test.each<[string, object, string, string[]]>([
    ["nat to another port", { forwarding: "nat", realServerPort: 8080 }, "172.16.0.40 80", ["lb_kind NAT"]],
    ["full NAT, which IPVS sees as nat", { forwarding: "fullnat" }, "172.16.0.40 80", ["lb_kind NAT"]],
    ["tunnels", { forwarding: "tun" }, "172.16.0.40 80", ["lb_kind TUN"]],
    ["udp", { protocol: "udp", port: 7007, onePacket: true }, "172.16.0.40 7007", ["protocol UDP", "ops"]],
    ["sctp", { protocol: "sctp", port: 7009 }, "172.16.0.40 7009", ["protocol SCTP"]],
    ["IPv6", { vip: "fd00:16::40" }, "fd00:16::40 80", ["real_server fd00:16::20 80 {"]],
    ["a mark", { ports: [80, "8000-8010"], fwmark: 66 }, "fwmark 66", ["real_server 172.16.0.32 0 {"]],
    [
      "a mark over IPv6",
      { vips: ["fd00:16::40"], port: 80, fwmark: 66 },
      "fwmark 66",
      ["ip_family inet6", "real_server fd00:16::20 0 {"],
    ],
    [
      "every port, for networks of clients",
      { port: 0, persistence: { timeoutSeconds: 60, netmask: "255.255.255.0" } },
      "172.16.0.40 0",
      ["persistence_timeout 60", "persistence_granularity 255.255.255.0"],
    ],
    [
      "flags",
      { scheduler: "mh", schedulerFlags: ["mh-port", "mh-fallback"] },
      "172.16.0.40 80",
      ["mh-fallback", "mh-port"],
    ],
    ["weight 0 on failure", { check: { onFailure: "inhibit" } }, "172.16.0.40 80", ["inhibit_on_failure"]],
    [
      "a slower check",
      { check: { intervalSeconds: 9 } },
      "172.16.0.40 80",
      ["delay_loop 9", "misc_timeout 38"],
    ],
  ])("says %s", (_what, service, name, lines) => {
    const block = linesOf(first(service));
    expect(block[0]).toBe(`virtual_server ${name} {`);
    expect(block).toEqual(expect.arrayContaining(lines));
  });

  test("of a mark has no protocol, and a family where that is not keepalived's own guess", () => {
    expect(first({ ports: [80], fwmark: 66 })).not.toMatch(/protocol|ip_family/);
  });

  test.each([[{ port: 7007, protocol: "udp" }], [{ check: { type: "none" } }]])(
    "that nobody checks is there from the start: %j",
    (service) => {
      expect(first(service)).not.toMatch(/alpha|MISC_CHECK|delay_loop/);
      expect(first(service)).toContain("    weight 1\n");
    },
  );

  test.each<[string, object, object, string[]]>([
    ["on the director", {}, {}, ["sorry_server 127.0.0.1 80", "sorry_server_lvs_method DR"]],
    [
      "on the director, of nat to another port",
      { forwarding: "nat", realServerPort: 8080 },
      {},
      ["sorry_server 127.0.0.1 80", "sorry_server_lvs_method DR"],
    ],
    [
      "on the director, of a mark over IPv6",
      { vips: ["fd00:16::40"], port: 80 },
      {},
      ["sorry_server ::1 0", "sorry_server_lvs_method DR"],
    ],
    [
      "on a machine behind nat, at the real servers' port",
      { forwarding: "nat", realServerPort: 8080 },
      { on: "machine" },
      ["sorry_server 172.16.1.38 8080", "sorry_server_lvs_method NAT"],
    ],
    [
      "on a machine of a mark",
      { ports: [80, 81] },
      { on: "machine" },
      ["sorry_server 172.16.0.38 0", "sorry_server_lvs_method DR"],
    ],
  ])("has its page %s", (_where, service, sorryServer, lines) => {
    expect(linesOf(first(service, { sorryServer })).filter((line) => line.startsWith("sorry"))).toEqual(
      lines,
    );
  });
});

describe("VRRP", () => {
  test("is not there for a single director", () => {
    const site = siteOf([{}]);
    expect(floatingOf(site, site.director)).toEqual([]);
    expect(keepalivedConf(site, site.director)).not.toMatch(/vrrp_instance|vrrp_sync_group|track_file/);
  });

  test("moves the VIPs of a network on which alone anything floats", () => {
    const site = pairOf([{}, { vip: "fd00:16::40" }, { vip: "172.16.0.41", port: 81 }]);
    expect(blocksOf(site, "vrrp_sync_group")).toEqual([]);
    expect(blocksOf(site, "vrrp_instance")).toEqual([
      `vrrp_instance front {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 51
  priority 254
  advert_int 1
  unicast_src_ip 172.16.0.31
  unicast_peer {
    172.16.0.30
  }
  virtual_ipaddress {
    172.16.0.40/32 dev eth0
    172.16.0.41/32 dev eth0
  }
  virtual_ipaddress_excluded {
    fd00:16::40/128 dev eth0 preferred_lft 0 -nodad
  }
  track_file {
    handover weight 0
  }
  notify "/usr/local/sbin/lvs-notify"
}
`,
    ]);
  });

  test("moves VIPs outside and gateways inside together", () => {
    const site = pairOf([{ forwarding: "nat" }]);
    const [front, behind] = blocksOf(site, "vrrp_instance").map(linesOf);
    expect(front).toContain("172.16.0.40/32 dev eth0");
    expect(behind![0]).toBe("vrrp_instance inside {");
    expect(behind).toEqual(expect.arrayContaining(["interface eth1", "172.16.1.29/24 dev eth1"]));
    expect([front, behind].flat()).not.toContain('notify "/usr/local/sbin/lvs-notify"');
    expect(blocksOf(site, "vrrp_sync_group")).toEqual([
      `vrrp_sync_group site {
  group {
    front
    inside
  }
  track_file {
    handover weight 0
  }
  notify "/usr/local/sbin/lvs-notify"
}
`,
    ]);
  });

  test("differs between the two in what is each one's own alone", () => {
    const site = pairOf([{ forwarding: "nat" }], { vrrp: { advertSeconds: 0.25 } });
    const [one, other] = directorsOf(site).map((director) => keepalivedConf(site, director).split("\n"));
    expect(one!.length).toBe(other!.length);
    expect(one!.flatMap((line, index) => (line === other![index] ? [] : [[line, other![index]]]))).toEqual([
      ["  router_id director", "  router_id director2"],
      ["  unicast_src_ip 172.16.0.31", "  unicast_src_ip 172.16.0.30"],
      ["    172.16.0.30", "    172.16.0.31"],
      ["  unicast_src_ip 172.16.1.31", "  unicast_src_ip 172.16.1.30"],
      ["    172.16.1.30", "    172.16.1.31"],
    ]);
    expect(one!.filter((line) => line === "  advert_int 0.25")).toHaveLength(2);
  });

  test("speaks IPv6 where nothing else floats", () => {
    const [front] = blocksOf(pairOf([{ vip: "fd00:16::40" }]), "vrrp_instance");
    expect(front).toContain(`  unicast_src_ip fd00:16::1f
  unicast_peer {
    fd00:16::1e
  }
  virtual_ipaddress {
    fd00:16::40/128 dev eth0 preferred_lft 0 -nodad
  }
`);
  });
});
