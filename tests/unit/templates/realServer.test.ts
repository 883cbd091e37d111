import { resolveSite } from "../../../settings/resolve";
import {
  arpSysctl,
  echoInstances,
  fstabLines,
  realServerConf,
  realServerNft,
  vsftpdConf,
  vipFiles,
} from "../../../templates/realServer";

/** Real servers on the front network and behind the director. */
const siteOf = (services: object[], more: object = {}) =>
  resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64" },
    networks: [{ name: "inside", cidr: "10.9.0.0/24" }],
    director: { addresses: ["172.16.0.31", "10.9.0.31"] },
    realServers: [{ addresses: ["172.16.0.32", "10.9.0.32"] }, { addresses: ["172.16.0.33", "10.9.0.33"] }],
    services,
    ...more,
  });
const first = (site: ReturnType<typeof siteOf>) => site.realServers[0];

test("ARP keeps quiet about VIPs on all interfaces and on each NIC", () => {
  expect(arpSysctl(first(siteOf([{}])))).toBe(`net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.eth0.arp_ignore = 1
net.ipv4.conf.eth0.arp_announce = 2
net.ipv4.conf.eth1.arp_ignore = 1
net.ipv4.conf.eth1.arp_announce = 2
`);
});

describe("VIPs are held", () => {
  const conf = (services: object[]) => {
    const site = siteOf(services);
    return realServerConf(site, first(site));
  };

  test("on lo for direct routing and on tunl0 for tunnelling, each once", () => {
    const services = [{}, { port: 81 }, { vip: "172.16.0.41", forwarding: "tun" }, { vip: "fd00:16::28" }];
    expect(conf(services)).toBe(
      'INTERFACES="eth0 eth1"\nVIPS="172.16.0.40@lo 172.16.0.41@tunl0 fd00:16::28@lo"\nDRAIN_SECONDS=30\n',
    );
  });

  test("nowhere where the director translates addresses", () => {
    const services = [{ forwarding: "nat" }, { port: 81, forwarding: "fullnat" }];
    expect(conf(services)).toBe('INTERFACES="eth0 eth1"\nVIPS=""\nDRAIN_SECONDS=30\n');
  });

  test("only by the real servers of the service", () => {
    expect(conf([{ realServers: ["rs2"] }])).toBe('INTERFACES="eth0 eth1"\nVIPS=""\nDRAIN_SECONDS=30\n');
  });
});

test("clients of tunnelled VIPs are told a segment that fits the tunnel, others are not", () => {
  const site = siteOf([
    {},
    { vip: "172.16.0.41", forwarding: "tun" },
    { vip: "172.16.0.42", forwarding: "tun" },
  ]);
  expect(realServerNft(site, first(site))).toContain(
    "ip saddr { 172.16.0.41, 172.16.0.42 } tcp flags syn,ack / syn,ack tcp option maxseg size set 1440\n",
  );
  const direct = siteOf([{}]);
  expect(realServerNft(direct, first(direct))).toBe("");
});

test("ARP is kept quiet only on a machine that holds VIPs", () => {
  const filesOf = (forwarding: string) => {
    const site = siteOf([{ forwarding }]);
    return Object.keys(vipFiles(site, first(site)));
  };
  expect(filesOf("dr")).toEqual(["sysctl.conf", "real-server.conf", "real-server.nft"]);
  expect(filesOf("nat")).toEqual(["real-server.conf", "real-server.nft"]);
});

describe("the tree is mounted", () => {
  const optionsOf = (line: string) => line.trimEnd().split(" ");

  test("hard, over NFS 4.2, after the network, without holding up the boot", () => {
    const site = resolveSite("dev", {});
    const [source, point, type, options, ...rest] = optionsOf(fstabLines(site, site.nfs!));
    expect([source, point, type, rest]).toEqual([
      "172.16.0.34:/data/wordpress",
      "/wordpress",
      "nfs4",
      ["0", "0"],
    ]);
    expect(options!.split(",")).toEqual([
      "hard",
      "nfsvers=4.2",
      "_netdev",
      "nofail",
      "retry=10000",
      "x-systemd.mount-timeout=infinity",
    ]);
  });

  test("at /opt/wwwroot for a static site, from the NFS server's own address", () => {
    const site = siteOf([{}], { nfs: { address: "10.9.0.250" } });
    const [source, point] = optionsOf(fstabLines(site, site.nfs!));
    expect([source, point]).toEqual(["10.9.0.250:/data/wwwroot", "/opt/wwwroot"]);
  });
});

describe("echo answers", () => {
  const instances = (services: object[]) => {
    const site = siteOf(services);
    return echoInstances(site, first(site));
  };

  test("at the VIP and at the real server's own address where it holds the VIP", () => {
    expect(instances([{ protocol: "udp", port: 7 }])).toEqual(["udp-7-172.16.0.32", "udp-7-172.16.0.40"]);
    expect(instances([{ protocol: "sctp", port: 7, forwarding: "tun" }])).toEqual([
      "sctp-7-10.9.0.32",
      "sctp-7-172.16.0.40",
    ]);
    expect(instances([{ vip: "fd00:16::28", protocol: "udp", port: 7 }])).toEqual([
      "udp-7-fd00:16::20",
      "udp-7-fd00:16::28",
    ]);
  });

  test("at the real server's own address and port alone where the director translates them", () => {
    const mapped = { protocol: "udp", port: 7, realServerPort: 7007, forwarding: "nat" };
    expect(instances([mapped])).toEqual(["udp-7007-10.9.0.32"]);
  });

  test("on every port of a range, once for two services that share it", () => {
    const range = { ports: ["7-9"], application: "echo" };
    const other = { ...range, vip: "172.16.0.41" };
    expect(instances([range, other])).toEqual(
      [7, 8, 9]
        .flatMap((port) => [`tcp-${port}-172.16.0.32`, `tcp-${port}-172.16.0.40`])
        .concat([7, 8, 9].map((port) => `tcp-${port}-172.16.0.41`)),
    );
  });

  test("nothing for a site without echo, or on a real server that the service leaves out", () => {
    expect(instances([{}, { port: 22 }])).toEqual([]);
    expect(instances([{ protocol: "udp", port: 7, realServers: ["rs2"] }])).toEqual([]);
  });
});

test("FTP is anonymous and read-only, on the real server's port, and only where a service speaks it", () => {
  const conf = vsftpdConf(siteOf([{ port: 21, forwarding: "nat" }]))!;
  expect(conf.split("\n")).toEqual(
    expect.arrayContaining(["listen_port=21", "anonymous_enable=YES", "local_enable=NO", "write_enable=NO"]),
  );
  expect(vsftpdConf(siteOf([{}]))).toBeUndefined();
});
