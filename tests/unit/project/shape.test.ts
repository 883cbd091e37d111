import { parseDocument } from "yaml";
import { siteSchema } from "../../../settings/schema";
import { resolveSite } from "../../../settings/resolve";
import { type Source, apply, differences, readable } from "../../../project/shape";

const source = (settings: Record<string, unknown>, imageHash?: string): Source => ({
  file: siteSchema.parse(settings),
  site: resolveSite("any", settings),
  imageHash,
});
const told = (from: Source, to: Source) =>
  differences(from, to).map(({ path, before, after }) => [path.join("."), before, after]);

test("two sites of one shape differ in nothing, whatever their places and sizes", () => {
  const here = source({ wordpress: { title: "Here" } });
  const there = source({ network: { cidr: "172.16.9.0/24" }, mysql: { memoryMiB: 2048 } });
  expect(told(here, there)).toEqual([]);
});

test("scheduler, weights, listener and image travel", () => {
  const from = source(
    { services: [{ scheduler: "wrr" }], realServers: [{ weight: 3 }, {}], php: { listener: "unix" } },
    "0123456789ab",
  );
  expect(told(from, source({}))).toEqual([
    ["php.listener", "tcp", "unix"],
    ["services.0.scheduler", "wlc", "wrr"],
    ["realServers.0.weight", 1, 3],
    ["image.hash", undefined, "0123456789ab"],
  ]);
});

test("the number of real servers is a size and stays", () => {
  expect(told(source({ realServers: [{}, {}, { weight: 5 }] }), source({}))).toEqual([]);
  expect(told(source({}), source({ realServers: [{}, {}, { weight: 5 }] }))).toEqual([]);
});

test("thresholds, timeouts and the limit of draining travel", () => {
  const from = source({
    director: { drainSeconds: 5, timeouts: { tcpFinSeconds: 2 }, memoryMiB: 1024 },
    realServers: [{ upperThreshold: 9, lowerThreshold: 5, memoryMiB: 1024 }, {}],
  });
  expect(told(from, source({}))).toEqual([
    ["director.drainSeconds", 30, 5],
    ["director.timeouts.tcpFinSeconds", 120, 2],
    ["realServers.0.upperThreshold", 0, 9],
    ["realServers.0.lowerThreshold", 0, 5],
  ]);
});

const pair = { directors: 2, director: { manager: "keepalived" } };

test("a pair of directors, its sorry server and its rules travel, their addresses do not", () => {
  const from = source({
    ...pair,
    director: { manager: "keepalived", peer: { address: "172.16.0.29" } },
    vrrp: { advertSeconds: 0.5, routerId: 51 },
    sorryServer: { on: "machine", address: "172.16.0.28", retryAfterSeconds: 60 },
  });
  expect(told(from, source({}))).toEqual([
    ["directors", 1, 2],
    ["director.manager", "ipvsadm", "keepalived"],
    ["vrrp.advertSeconds", 1, 0.5],
    ["sorryServer.on", undefined, "machine"],
    ["sorryServer.retryAfterSeconds", undefined, 60],
  ]);
});

test("where a second director and a sorry server goes, what says where they are goes too", () => {
  const text = `config:
  lvs-wordpress:directors: 2
  lvs-wordpress:director:
    manager: keepalived
    peer:
      address: 172.16.0.29
  lvs-wordpress:vrrp:
    routerId: 51
  lvs-wordpress:sorryServer:
    on: machine
    address: 172.16.0.28
`;
  const settings = {
    ...pair,
    director: { manager: "keepalived", peer: { address: "172.16.0.29" } },
    vrrp: { routerId: 51 },
    sorryServer: { on: "machine", address: "172.16.0.28" },
  };
  const single = promoted({}, settings, text);
  expect(single).toContain("directors: 1\n");
  expect(single).not.toMatch(/peer|routerId|sorryServer/);
  const kept = promoted({ ...pair, sorryServer: {} }, settings, text);
  expect(kept).toContain("address: 172.16.0.29\n");
  expect(kept).toContain("sorryServer:\n    on: director\n");
});

test("WordPress's rules, its cache and its replica travel; its names and sizes stay", () => {
  const from = source({
    wordpress: {
      shared: "uploads",
      xmlrpc: true,
      cronIntervalSeconds: 30,
      loginsPerMinute: 5,
      title: "Here",
    },
    cache: { page: { seconds: 60, maxMiB: 64 }, opcacheMiB: 64 },
    mysql: { replica: true, replicaAddress: "172.16.0.25", maxConnections: 99, semiSyncTimeoutSeconds: 3 },
    sync: "lsyncd",
  });
  expect(told(from, source({}))).toEqual([
    ["wordpress.shared", "tree", "uploads"],
    ["wordpress.cronIntervalSeconds", 60, 30],
    ["wordpress.xmlrpc", false, true],
    ["wordpress.loginsPerMinute", 30, 5],
    ["cache.page.seconds", 10, 60],
    ["mysql.replica", false, true],
    ["mysql.semiSyncTimeoutSeconds", 10, 3],
    ["sync", "none", "lsyncd"],
  ]);
  const replicaLess = told(source({}), source({ mysql: { replica: true, replicaAddress: "172.16.0.25" } }));
  expect(replicaLess).toEqual([
    ["mysql.replica", true, false],
    ["mysql.replicaAddress", "172.16.0.25", undefined],
  ]);
});

test("a site of another content gets nothing that is not its own", () => {
  const from = source({ wordpress: { xmlrpc: true }, php: { listener: "unix" }, mysql: { replica: true } });
  expect(told(from, source({ content: "static" }))).toEqual([]);
  expect(told(source({ content: "static" }), from)).toEqual([]);
});

test("when backups are made travels between two stacks that have them, and nothing else of them", () => {
  const remote = {
    to: "ops@192.0.2.10:/b",
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA",
    keyFile: "package.json",
  };
  const from = source({ backup: { schedule: "03:30", keep: 14 } });
  expect(told(from, source({}))).toEqual([]);
  expect(told(source({}), from)).toEqual([]);
  expect(told(from, source({ backup: { remote } }))).toEqual([
    ["backup.schedule", "daily", "03:30"],
    ["backup.keep", 7, 14],
  ]);
});

test("everything of a service travels but its VIPs", () => {
  const networks = [{ name: "inside", cidr: "10.1.1.0/24" }];
  const from = source({
    content: "static",
    networks,
    tls: {},
    services: [
      {
        name: "shop",
        vips: ["172.16.0.41", "172.16.0.42"],
        ports: [80, 443],
        fwmark: 7,
        scheduler: "sh",
        schedulerFlags: ["sh-port"],
        forwarding: "nat",
        persistence: { timeoutSeconds: 60 },
      },
      {
        protocol: "udp",
        port: 53,
        onePacket: true,
        application: "echo",
      },
      { port: 8080, forwarding: "nat", realServerPort: 8081 },
    ],
  });
  expect(told(from, source({ content: "static", networks }))).toEqual([
    ["services.0.name", "web", "shop"],
    ["services.0.ports", undefined, ["80", "443"]],
    ["services.0.fwmark", undefined, 7],
    ["services.0.scheduler", "wlc", "sh"],
    ["services.0.schedulerFlags", undefined, ["sh-port"]],
    ["services.0.forwarding", "dr", "nat"],
    ["services.0.persistence", undefined, { timeoutSeconds: 60, netmask: "255.255.255.255" }],
    ["services.1.name", undefined, "web2"],
    ["services.1.port", undefined, 53],
    ["services.1.protocol", undefined, "udp"],
    ["services.1.scheduler", undefined, "wlc"],
    ["services.1.forwarding", undefined, "dr"],
    ["services.1.onePacket", undefined, true],
    ["services.1.application", undefined, "echo"],
    ["services.2.name", undefined, "web3"],
    ["services.2.port", undefined, 8080],
    ["services.2.protocol", undefined, "tcp"],
    ["services.2.scheduler", undefined, "wlc"],
    ["services.2.forwarding", undefined, "nat"],
    ["services.2.realServerPort", undefined, 8081],
    ["services.0.port", 80, undefined],
  ]);
});

test("what a service no longer says goes", () => {
  const target = source({ services: [{ persistence: {}, scheduler: "mh", schedulerFlags: ["mh-port"] }] });
  expect(told(source({ services: [{ scheduler: "mh" }] }), target)).toEqual([
    ["services.0.schedulerFlags", ["mh-port"], undefined],
    ["services.0.persistence", { timeoutSeconds: 300, netmask: "255.255.255.255" }, undefined],
  ]);
});

test("a port that is written and one that is the default are the same", () => {
  expect(told(source({ services: [{ port: 80 }] }), source({}))).toEqual([]);
});

test("a name that is written and one that is the default are the same", () => {
  const [first, second] = [{ name: "web" }, { name: "web2", port: 81 }];
  expect(told(source({ services: [first, second] }), source({ services: [{}, { port: 81 }] }))).toEqual([]);
  expect(told(source({}), source({ services: [{}, { port: 81 }] }))).toEqual([
    ["services.1", "web2", undefined],
  ]);
});

test("a service's real servers go by their number, and those that the target has not stay out", () => {
  const from = source({ realServers: [{}, {}, {}], services: [{ realServers: ["rs2", "rs3"] }] });
  const to = source({ realServers: [{ name: "first" }, { name: "second" }] });
  expect(told(from, to)).toEqual([["services.0.realServers", undefined, ["second"]]]);
});

test("a service more comes along without its VIP, a service less goes", () => {
  const two = source({ services: [{}, { name: "alt", vip: "172.16.0.50", port: 8080 }] });
  expect(told(two, source({}))).toEqual([
    ["services.1.name", undefined, "alt"],
    ["services.1.port", undefined, 8080],
    ["services.1.protocol", undefined, "tcp"],
    ["services.1.scheduler", undefined, "wlc"],
    ["services.1.forwarding", undefined, "dr"],
  ]);
  expect(told(source({}), two)).toEqual([["services.1", "alt", undefined]]);
});

test("services that share a VIP share the target's", () => {
  const target = source({ network: { cidr: "172.16.9.0/24" }, services: [{ vip: "172.16.9.77" }] });
  expect(told(source({ services: [{}, { port: 8080 }] }), target)).toContainEqual([
    "services.1.vip",
    undefined,
    "172.16.9.77",
  ]);
});

test("what is written leaves comments, addresses and everything else as they were", () => {
  const text = `# ours
config:
  lvs-wordpress:network:
    cidr: 172.16.9.0/24 # stays
  lvs-wordpress:services:
    - vip: 172.16.9.77
      scheduler: rr # why
  lvs-wordpress:realServers:
    - name: first
    - name: second
`;
  const document = parseDocument(text);
  const from = source({ services: [{ scheduler: "wrr" }], realServers: [{ weight: 3 }, {}] }, "0123456789ab");
  const to = source({
    network: { cidr: "172.16.9.0/24" },
    services: [{ vip: "172.16.9.77", scheduler: "rr" }],
    realServers: [{ name: "first" }, { name: "second" }],
  });
  apply(document, differences(from, to));
  expect(document.toString()).toBe(`# ours
config:
  lvs-wordpress:network:
    cidr: 172.16.9.0/24 # stays
  lvs-wordpress:services:
    - vip: 172.16.9.77
      scheduler: wrr # why
  lvs-wordpress:realServers:
    - name: first
      weight: 3
    - name: second
  lvs-wordpress:image:
    hash: 0123456789ab
`);
});

test("a service that went is gone from the file, the others stay", () => {
  const document = parseDocument("config:\n  lvs-wordpress:services:\n    - port: 80\n    - port: 8080\n");
  apply(document, differences(source({}), source({ services: [{}, { port: 8080 }] })));
  expect(document.toString()).toBe("config:\n  lvs-wordpress:services:\n    - port: 80\n");
});

test("of several services that went the first is left, with its comment", () => {
  const text = "config:\n  lvs-wordpress:services:\n    - port: 80 # ours\n    - port: 81\n    - port: 82\n";
  const document = parseDocument(text);
  apply(document, differences(source({}), source({ services: [{}, { port: 81 }, { port: 82 }] })));
  expect(document.toString()).toBe("config:\n  lvs-wordpress:services:\n    - port: 80 # ours\n");
});

/** The target's file after a promotion. */
function promoted(from: Record<string, unknown>, to: Record<string, unknown>, text: string): string {
  const document = parseDocument(text);
  apply(document, differences(source(from), source(to)));
  return document.toString();
}

test("groups and lists are written as such, and a port gives way to ports", () => {
  const services = [{ ports: [80, 8080], persistence: { timeoutSeconds: 60 } }];
  const text = "config:\n  lvs-wordpress:services:\n    - port: 80\n      vip: 172.16.0.40\n";
  expect(promoted({ services }, { services: [{ port: 80, vip: "172.16.0.40" }] }, text)).toBe(`config:
  lvs-wordpress:services:
    - vip: 172.16.0.40
      ports:
        - "80"
        - "8080"
      persistence:
        timeoutSeconds: 60
        netmask: 255.255.255.255
`);
});

test("what goes leaves the file, and what was never written there is not missed", () => {
  const to = { services: [{ persistence: {}, vip: "172.16.0.40" }] };
  const text = "config:\n  lvs-wordpress:services:\n    - vip: 172.16.0.40\n      persistence: {}\n";
  expect(promoted({}, to, text)).toBe("config:\n  lvs-wordpress:services:\n    - vip: 172.16.0.40\n");
  expect(promoted({ services: [{ ports: [80] }] }, {}, "config: {}\n")).toContain("ports:");
});

test("a real server that only its default makes is not lost to another's weight", () => {
  expect(
    promoted({ realServers: [{ weight: 2 }, {}] }, {}, "config:\n  lvs-wordpress:layDown: true\n"),
  ).toContain("realServers:\n    - weight: 2\n    - {}\n");
});

test("lists that the file has not written are begun with what stands before", () => {
  expect(promoted({ realServers: [{}, { weight: 2 }] }, {}, "config:\n  lvs-wordpress:layDown: true\n"))
    .toBe(`config:
  lvs-wordpress:layDown: true
  lvs-wordpress:realServers:
    - {}
    - weight: 2
`);
});

test.each([
  [undefined, "-"],
  ["wlc", "wlc"],
  [300, "300"],
  [true, "true"],
  [["80", "20000-20100"], '[ "80", 20000-20100 ]'],
  [{ timeoutSeconds: 60, netmask: "255.255.255.0" }, "{ timeoutSeconds: 60, netmask: 255.255.255.0 }"],
])("%j reads %s in a table", (value, text) => {
  expect(readable(value)).toBe(text);
});
