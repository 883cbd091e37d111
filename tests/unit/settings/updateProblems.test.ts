import { resolveSite } from "../../../settings/resolve";
import { inside, saidOf } from "./said";

const updates = { content: "static", securityUpdates: true };
const behind = {
  ...updates,
  networks: [inside],
  director: { addresses: ["172.16.0.31", "172.16.1.31"] },
  realServers: [{ address: "172.16.1.32" }, { address: "172.16.1.33" }],
  services: [{ forwarding: "nat" }],
};
const isolated = { ...updates, network: { forward: "none" }, realServers: [{}] };
const shut = (names: string, host: string) =>
  `securityUpdates: ${names} cannot reach ${host}: no gateway leads there, and a director forwards only replies to clients; write as debianMirror a mirror, or a cache such as apt-cacher-ng, with an address on a network of each`;
const unresolved =
  "securityUpdates: machines cannot resolve the name deb.debian.org; write your nameServers, or the IP address of a mirror as debianMirror";
const noMirror = (text: string) =>
  `debianMirror: "${text}" is no mirror; write one like http://deb.debian.org/debian, over http and without a slash at its end`;

test.each<[string, Record<string, unknown>, string[]]>([
  ["updates without a name server", updates, [unresolved]],
  [
    "updates behind a director that translates",
    { ...behind, nameServers: ["192.0.2.53"] },
    [shut("rs1, rs2", "deb.debian.org")],
  ],
  [
    "a mirror beyond the director",
    { ...behind, debianMirror: "http://172.16.0.1:3142/debian" },
    [shut("rs1, rs2", "172.16.0.1")],
  ],
  [
    "updates on a network that hands nothing on",
    isolated,
    [unresolved, shut("director, rs1", "deb.debian.org")],
  ],
  [
    "a mirror that nobody asks",
    { content: "static", debianMirror: "http://172.16.0.1/debian" },
    [
      'debianMirror: is used by security updates only, and they are off; leave it out, or write "true" as securityUpdates',
    ],
  ],
  [
    "name servers that are none",
    { nameServers: ["127.0.0.53", "dns.example.org"] },
    [
      'nameServers[0]: "127.0.0.53" is each machine itself; write what answers your host, see "resolvectl status"',
      'nameServers[1]: "dns.example.org" is no IPv4 address; write one like 172.16.0.31',
    ],
  ],
  [
    "more name servers than are asked",
    { nameServers: ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] },
    ["nameServers: has more than three, and only three are asked; write those"],
  ],
  ...[
    "https://deb.debian.org/debian",
    "http://deb.debian.org/debian/",
    "http://1.2.3.4.5/debian",
    "deb.debian.org",
  ].map((text): [string, Record<string, unknown>, string[]] => [
    `the mirror ${text}`,
    { ...updates, debianMirror: text },
    [noMirror(text)],
  ]),
])("%s: refused", (_what, raw, lines) => {
  expect(saidOf(raw).toSorted()).toEqual(lines.toSorted());
});

test.each<[string, Record<string, unknown>]>([
  ["name servers and a way out", { ...updates, nameServers: ["192.0.2.53"] }],
  ["name servers without updates", { content: "static", nameServers: ["192.0.2.53"] }],
  ["a mirror by its address", { ...updates, debianMirror: "http://192.0.2.7/debian" }],
  [
    "a mirror on an isolated network",
    { ...isolated, debianMirror: "http://172.16.0.1:3142/deb.debian.org/debian" },
  ],
  ["a mirror on the network behind the director", { ...behind, debianMirror: "http://172.16.1.1/debian" }],
])("%s: taken", (_what, raw) => {
  expect(() => resolveSite("dev", raw)).not.toThrow();
});
