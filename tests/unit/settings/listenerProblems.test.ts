import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const web = { content: "static" };
const behind = { ...web, networks: [inside] };

test.each<[string, Record<string, unknown>, string]>([
  [
    "a web server over UDP",
    { ...web, services: [{ protocol: "udp", application: "http" }] },
    'services[0].application: "http" runs over tcp; write "echo", or "tcp" as protocol',
  ],
  [
    "ssh on a port where no sshd listens",
    { ...web, services: [{ port: 2222, application: "ssh" }] },
    "services[0].application: sshd listens only on port 22, not on 2222; write 22 (with nat and fullnat, as realServerPort)",
  ],
  [
    "echo on too many ports",
    { ...web, services: [{ ports: ["7000-7016"], application: "echo" }] },
    "services[0].ports: 7000-7016 is too many ports for echo; write at most 16",
  ],
  [
    "a range of more ports than nginx takes",
    { ...web, services: [{ ports: ["20000-20400"] }] },
    "services[0].ports: 20000-20400 is too many for nginx; write a range of 400 ports at most",
  ],
  [
    "FTP behind anything but nat",
    { ...web, services: [{ port: 21 }] },
    'services[0].application: ftp opens connections on other ports, and only nat follows them, with the ftp helper of IPVS; write "nat", or port 0 with persistence',
  ],
  [
    "FTP on a port that its helper does not know",
    { ...behind, services: [{ port: 2121, application: "ftp", forwarding: "nat" }] },
    "services[0].port: 2121 is not followed by the ftp helper of IPVS; write 21",
  ],
  [
    "FTP by a firewall mark of ports",
    { ...behind, services: [{ ports: [21, 80], forwarding: "nat" }] },
    "services[0].ports: make it a service by firewall mark, and the ftp helper of IPVS follows only plain services; write port 21 and one vip",
  ],
  [
    "FTP by a firewall mark of VIPs",
    { ...behind, services: [{ vips: ["172.16.0.40", "172.16.0.41"], port: 21, forwarding: "nat" }] },
    "services[0].vips: make it a service by firewall mark, and the ftp helper of IPVS follows only plain services; write port 21 and one vip",
  ],
  [
    "the director's own sshd as a service",
    {
      ...behind,
      director: { addresses: ["172.16.0.31", "172.16.1.31"] },
      services: [{ vip: "172.16.0.31", port: 22, forwarding: "nat" }],
    },
    "services[0].port: 22 at 172.16.0.31 is the director's own sshd; write another port, or a VIP of its own",
  ],
  [
    "the director's own sshd among the VIPs and ports of a service",
    {
      ...behind,
      director: { addresses: ["172.16.0.31", "172.16.1.31"] },
      services: [{ vips: ["172.16.0.40", "172.16.0.31"], ports: [80, 22], forwarding: "nat" }],
    },
    "services[0].ports: 22 at 172.16.0.31 is the director's own sshd; write another port, or a VIP of its own",
  ],
  [
    "every port of the director's own address",
    {
      ...behind,
      director: { addresses: ["172.16.0.31", "172.16.1.31"] },
      services: [{ vip: "172.16.0.31", port: 0, persistence: {}, forwarding: "nat" }],
    },
    "services[0].port: 22 at 172.16.0.31 is the director's own sshd; write another port, or a VIP of its own",
  ],
  [
    "a range over sshd's port",
    { ...web, services: [{ ports: [80, "20-30"], application: "http" }] },
    "services[0].ports[1]: 22 is sshd's on every real server; write another",
  ],
  [
    "real servers mapped to php-fpm's port",
    {
      content: "shop",
      networks: [inside],
      services: [{ forwarding: "nat", realServerPort: 9000 }],
    },
    'services[0].realServerPort: 9000 is php-fpm\'s on every real server; write another, or "unix" as php.listener',
  ],
  [
    "a service on the port of a shop's MariaDB",
    { content: "shop", services: [{ port: 3306 }] },
    "services[0].port: 3306 is MariaDB's on every real server; write another",
  ],
  [
    "one port that speaks two ways",
    { ...web, services: [{ port: 7 }, { port: 7, vip: "172.16.0.41", application: "echo" }] },
    "services[1].port: 7 speaks http for services[0]; write another",
  ],
])("%s is refused", (_what, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

const listeners = (raw: Record<string, unknown>) =>
  resolveSite("dev", { ...web, ...raw }).services.map(({ listeners: found }) =>
    found.map(({ application, from, to }) => `${application} ${from}-${to}`),
  );

test("what answers is told by the port, and over UDP and SCTP it is echo", () => {
  expect(
    listeners({
      tls: {},
      services: [
        { port: 80 },
        { port: 22 },
        { port: 443 },
        { port: 7, protocol: "udp" },
        { port: 7, protocol: "sctp" },
        { ports: [8080, "9000-9010"] },
      ],
    }),
  ).toEqual([
    ["http 80-80"],
    ["ssh 22-22"],
    ["https 443-443"],
    ["echo 7-7"],
    ["echo 7-7"],
    ["http 8080-8080", "http 9000-9010"],
  ]);
});

test("a mapped port is told by the real servers' port first", () => {
  const nat = { forwarding: "nat" };
  expect(
    listeners({
      networks: [inside],
      tls: {},
      services: [
        { ...nat, port: 2222, realServerPort: 22 },
        { ...nat, port: 443, realServerPort: 8443 },
        { ...nat, port: 80, realServerPort: 8080 },
      ],
    }),
  ).toEqual([["ssh 22-22"], ["https 8443-8443"], ["http 8080-8080"]]);
});

test("every port is http, and https where there is a certificate", () => {
  const services = [{ port: 0, persistence: {} }];
  expect(listeners({ services })).toEqual([["http 80-80"]]);
  expect(listeners({ services, tls: {} })).toEqual([["http 80-80", "https 443-443"]]);
});
