import { resolveSite } from "../../../settings/resolve";
import { ldirectordCf } from "../../../templates/ldirectord";

const cfOf = (service: object, more: Record<string, unknown> = {}): string =>
  ldirectordCf(
    resolveSite("dev", {
      content: "static",
      network: { cidr6: "fd00:16::/64", forward: "open" },
      networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "open" }],
      director: { health: "ldirectord" },
      services: [service],
      ...more,
    }),
  );

test("ldirectord keeps the table by what lvs-check says", () => {
  const realServers = [{ weight: 2 }, { weight: 5, upperThreshold: 9, lowerThreshold: 4 }];
  const check = { intervalSeconds: 5, timeoutSeconds: 3 };
  expect(cfOf({ scheduler: "wrr", check }, { realServers, sorryServer: {} })).toBe(`logfile="daemon"
autoreload=no
cleanstop=no
readdquiescent=yes
failurecount=1
fork=yes

virtual=172.16.0.40:80
    protocol=tcp
    scheduler=wrr
    checktype=external
    checkcommand="/usr/local/sbin/lvs-check"
    checkinterval=5
    checktimeout=26
    quiescent=no
    virtualhost="web"
    fallback=127.0.0.1:80 gate
    real=172.16.0.32:80 gate 2
    real=172.16.0.33:80 gate 5 l:4 u:9
`);
});

test.each<[string, object, string[]]>([
  [
    "IPv6",
    { vip: "fd00:16::40" },
    ["virtual6=[fd00:16::40]:80", "fallback6=[::1]:80 gate", "real6=[fd00:16::20]:80 gate 1"],
  ],
  [
    "a mark",
    { ports: [80, 81], fwmark: 66 },
    ["virtual=66", "protocol=fwm", "fallback=127.0.0.1:0 gate", "real=172.16.0.32:0 gate 1"],
  ],
  ["a mark over IPv6", { vips: ["fd00:16::40"], port: 80, fwmark: 66 }, ["virtual6=66", "protocol=fwm"]],
  [
    "nat to another port",
    { forwarding: "nat", realServerPort: 8080 },
    ["fallback=127.0.0.1:80 gate", "real=172.16.1.32:8080 masq 1"],
  ],
  ["tunnels", { forwarding: "tun" }, ["real=172.16.1.32:80 ipip 1"]],
  [
    "flags",
    { scheduler: "sh", schedulerFlags: ["sh-port", "sh-fallback"] },
    ["schedflags=sh-fallback,sh-port"],
  ],
  [
    "every port, for networks of clients",
    { port: 0, persistence: { netmask: "255.255.255.0" } },
    ["virtual=172.16.0.40:0", "persistent=300", "netmask=255.255.255.0"],
  ],
  ["weight 0 on failure", { check: { onFailure: "inhibit" } }, ["quiescent=yes"]],
])("%s", (_what, service, lines) => {
  const said = cfOf(service, { sorryServer: {} }).split("\n");
  expect(said.map((line) => line.trim())).toEqual(expect.arrayContaining(lines));
});

test.each([
  ["udp", { port: 7007, protocol: "udp", onePacket: true }, ["protocol=udp", "ops=yes"]],
  ["what nobody asks about", { check: { type: "none" } }, ["protocol=tcp"]],
])("%s is there without a check", (_what, service, lines) => {
  const said = cfOf(service)
    .split("\n")
    .map((line) => line.trim());
  expect(said).toEqual(expect.arrayContaining([...lines, "checktype=on"]));
  expect(said.join("\n")).not.toContain("lvs-check");
});

test("a sorry server of its own is reached as real servers are", () => {
  const service = { forwarding: "nat", realServerPort: 8080 };
  expect(cfOf(service, { sorryServer: { on: "machine" } })).toContain("    fallback=172.16.1.38:8080 masq\n");
});
