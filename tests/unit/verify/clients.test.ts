import { resolveSite } from "../../../settings/resolve";
import { clientScript, repliesIn } from "../../../verify/probing/clientMachine";
import {
  type ClientCall,
  entrancesOf,
  sourcesSeen,
  tally,
  urlOf,
  viewpoint,
} from "../../../verify/probing/entrances";

const site = resolveSite("t", {
  content: "static",
  network: { cidr: "172.16.0.0/24", cidr6: "fd00:16::/64", forward: "open" },
  networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "open" }],
  tls: {},
  client: { address: "172.16.0.100", sources: 2 },
  services: [
    { name: "plain", vip: "172.16.0.40" },
    { name: "mapped", vip: "172.16.0.41", forwarding: "fullnat", realServerPort: 8080 },
    { name: "marked", vips: ["172.16.0.42", "172.16.0.43"], ports: [80, 443] },
    { name: "range", vip: "172.16.0.44", ports: ["20000-20010"] },
    { name: "all", vip: "172.16.0.45", port: 0, persistence: {} },
    { name: "sctp", vip: "172.16.0.40", port: 7009, protocol: "sctp" },
    { name: "tun", vip: "172.16.0.46", forwarding: "tun" },
    { name: "six", vip: "fd00:16::40" },
  ],
  realServers: [{}, {}],
});
const service = (name: string) => site.services.find((known) => known.name === name)!;
const urls = (name: string) => entrancesOf(site, service(name)).map(urlOf);

describe("clients enter a service", () => {
  test.each([
    ["plain", ["http://172.16.0.40:80/"]],
    ["mapped", ["http://172.16.0.41:80/"]],
    [
      "marked",
      [
        "http://172.16.0.42:80/",
        "https://172.16.0.42:443/",
        "http://172.16.0.43:80/",
        "https://172.16.0.43:443/",
      ],
    ],
    ["range", ["http://172.16.0.44:20000/", "http://172.16.0.44:20010/"]],
    ["all", ["http://172.16.0.45:80/", "https://172.16.0.45:443/"]],
    ["sctp", ["echo://172.16.0.40:7009/"]],
    ["six", ["http://[fd00:16::40]:80/"]],
  ])("%s at %j", (name, expected) => {
    expect(urls(name)).toEqual(expected);
  });

  test.each([
    ["plain", "hypervisor"],
    ["mapped", "hypervisor"],
    ["sctp", "client"],
    ["tun", "client"],
  ])("%s from the %s's side", (name, side) => {
    expect(viewpoint(site, service(name))).toBe(side);
  });
});

test("what real servers see of a client is its own address, with full NAT the director's", () => {
  expect(sourcesSeen(site, service("plain"))).toEqual(["172.16.0.1", "fd00:16::1", "172.16.1.1"]);
  expect(sourcesSeen(site, service("mapped"))).toEqual(["172.16.0.31", "172.16.1.31"]);
  expect(sourcesSeen(site, service("tun"))).toEqual(["172.16.0.100", "172.16.0.101"]);
});

test("a tally names every real server of the service", () => {
  expect(tally(service("plain"), ["rs2", "rs2"])).toBe("rs1 0, rs2 2");
});

describe("calls from the client machine", () => {
  const [http, https] = entrancesOf(site, service("marked"));
  const calls: ClientCall[] = [
    { entrance: http, from: "172.16.0.100" },
    { entrance: entrancesOf(site, service("sctp"))[0], from: "172.16.0.100", sourcePort: 41000 },
    { entrance: https!, from: "172.16.0.101", sourcePort: 41001 },
  ];

  test("to web servers are one curl's, each on a connection of its own; others go beside it", () => {
    expect(clientScript(calls, "whoami")).toBe(`curl -K - <<'CALLS' || true
url = "http://172.16.0.42:80/whoami"
output = "/dev/null"
write-out = "0 %{http_code} %{local_ip} %{local_port} %header{x-real-server}\\n"
interface = "172.16.0.100"
header = "Connection: close"
http1.1
insecure
silent
max-time = 20
next
url = "https://172.16.0.42:443/whoami"
output = "/dev/null"
write-out = "2 %{http_code} %{local_ip} %{local_port} %header{x-real-server}\\n"
interface = "172.16.0.101"
local-port = 41001
header = "Connection: close"
http1.1
insecure
silent
max-time = 20
CALLS
echo "1 200 172.16.0.100 41000 $({ echo verify; sleep 12; } | timeout 25 socat -t 0.5 - SCTP4:172.16.0.40:7009,bind=172.16.0.100:41000 | cut -d' ' -f1)" &
wait`);
  });

  test("are answered in their order, whatever the order of the lines", () => {
    const output = "2 200 172.16.0.101 41001 rs2\n0 200 172.16.0.100 50000 rs1\n1 200 172.16.0.100 41000 rs2";
    expect(repliesIn(output, calls)).toEqual([
      { server: "rs1", client: { address: "172.16.0.100", port: 50000 } },
      { server: "rs2", client: { address: "172.16.0.100", port: 41000 } },
      { server: "rs2", client: { address: "172.16.0.101", port: 41001 } },
    ]);
  });

  test.each([
    ["0 000 172.16.0.100 50000 ", "http://172.16.0.42:80/ from 172.16.0.100 was answered 000"],
    ["0 502 172.16.0.100 50000 rs1", "was answered 502"],
    ["", "was answered nothing"],
    [
      "0 200 1 1 rs1\n1 200 172.16.0.100 41000 ",
      "echo://172.16.0.40:7009/ from 172.16.0.100 was answered 200",
    ],
  ])("that fail are told: %j", (output, seen) => {
    expect(() => repliesIn(output, calls)).toThrow(seen);
  });
});
