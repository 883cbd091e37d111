import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import { checksConf, drainedList } from "../../../templates/checks";

const siteOf = (services: object[], more: Record<string, unknown> = {}): SiteSettings =>
  resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64" },
    networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
    director: { manager: "keepalived" },
    services,
    ...more,
  });
const firstOf = (service: object, more: Record<string, unknown> = {}) =>
  checksConf(siteOf([service], more)).split("\n")[0];

test("each real server of each checked service has a line", () => {
  const site = siteOf([{}, { port: 7007, protocol: "udp" }, { port: 22, realServers: ["rs2"] }]);
  expect(checksConf(site)).toBe(
    `web rs1 -t:172.16.0.40:80/172.16.0.32:80 http http://172.16.0.32:80/readyz 172.16.0.40 200 2 3 1 http://172.16.0.32:80/healthz 18
web rs2 -t:172.16.0.40:80/172.16.0.33:80 http http://172.16.0.33:80/readyz 172.16.0.40 200 2 3 1 http://172.16.0.33:80/healthz 18
web3 rs2 -t:172.16.0.40:22/172.16.0.33:22 tcp 172.16.0.33:22 - - 2 3 1 - 18
`,
  );
});

const settings = { intervalSeconds: 9, timeoutSeconds: 4, retries: 5, minHealthy: 2 };
test.each<[string, object, string]>([
  [
    "what is asked for",
    { check: { ...settings, path: "/up?x=1", status: 204, host: "www.example.org" } },
    "http http://172.16.0.32:80/up?x=1 www.example.org 204 4 5 2 http://172.16.0.32:80/healthz 36",
  ],
  ["a script", { check: { type: "script", script: "package.json" } }, "script 172.16.0.32:80 - - 2 3 1 - 18"],
  ["tcp over IPv6", { vip: "fd00:16::40", check: { type: "tcp" } }, "tcp [fd00:16::20]:80 - - 2 3 1 - 18"],
  [
    "IPv6",
    { vip: "fd00:16::40" },
    "http http://[fd00:16::20]:80/readyz [fd00:16::40] 200 2 3 1 http://[fd00:16::20]:80/healthz 18",
  ],
  [
    "a range, at its first port",
    { ports: ["8000-8010"] },
    "http http://172.16.0.32:8000/readyz 172.16.0.40:8000 200 2 3 1 http://172.16.0.32:8000/healthz 18",
  ],
  [
    "a port of the real servers' own",
    { forwarding: "nat", realServerPort: 8080 },
    "http http://172.16.1.32:8080/readyz 172.16.0.40 200 2 3 1 http://172.16.1.32:8080/healthz 18",
  ],
])("a line says %s", (_what, service, rest) => {
  expect(firstOf(service)!.split(" ").slice(3).join(" ")).toBe(rest);
});

test("https is asked as https", () => {
  expect(firstOf({ port: 443 }, { tls: {} })).toMatch(/ https https:\/\/172\.16\.0\.32:443\/readyz /);
});

test.each<[object, string]>([
  [{ ports: [80], fwmark: 66 }, "-f:66:0/172.16.0.32:0"],
  [{ vip: "fd00:16::40" }, "-t:[fd00:16::40]:80/[fd00:16::20]:80"],
  [{ port: 0, persistence: {} }, "-t:172.16.0.40:0/172.16.0.32:0"],
])("a line of %j is found by what ldirectord calls the pair", (service, key) => {
  expect(firstOf(service)!.split(" ")[2]).toBe(key);
});

test("every line has twelve fields, none of them empty", () => {
  const site = siteOf([{}, { port: 22 }, { port: 81, check: { type: "script", script: "package.json" } }]);
  const lines = checksConf(site).trimEnd().split("\n");
  expect(lines.map((line) => line.split(" ").filter(Boolean).length)).toEqual(Array(6).fill(12));
});

test("nobody is checked where nobody asks", () => {
  expect(checksConf(resolveSite("dev", { content: "static" }))).toBe("");
});

test("who is drained is listed by name", () => {
  const site = siteOf([{}], { realServers: [{ drained: true }, {}, { name: "third", drained: true }] });
  expect(drainedList(site)).toBe("rs1\nthird\n");
});
