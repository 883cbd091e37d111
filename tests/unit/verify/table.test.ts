import { resolveSite } from "../../../settings/resolve";
import { listedAs, parseListing } from "../../../running/ipvsTable";
import { liveRules } from "../../../verify/probing/table";
import { liveDestinations } from "../../../verify/schedulers/destination";

const listing = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  172.16.0.40:80 wlc persistent 300
  -> 172.16.0.33:80               Route   2      4          17
  -> 172.16.0.32:80               Route   1      3          9
SCTP 172.16.0.40:7009 rr
UDP  172.16.0.40:7007 rr ops
FWM  66 sh (sh-fallback,sh-port)
  -> 172.16.0.32:0                Masq    1      0          0
FWM  7 IPv6 rr
TCP  [fd00:16::40]:80 rr
  -> [fd00:16::32]:80             Route   1      0          2
`;

test("a listing's services are found by name, their real servers in its order", () => {
  const parsed = parseListing(listing);
  expect([...parsed.keys()]).toEqual([
    "TCP 172.16.0.40:80",
    "SCTP 172.16.0.40:7009",
    "UDP 172.16.0.40:7007",
    "FWM 66",
    "FWM 7 IPv6",
    "TCP [fd00:16::40]:80",
  ]);
  expect(parsed.get("TCP 172.16.0.40:80")).toEqual([
    { endpoint: "172.16.0.33:80", numbers: [2, 4, 17] },
    { endpoint: "172.16.0.32:80", numbers: [1, 3, 9] },
  ]);
  expect(parsed.get("TCP [fd00:16::40]:80")).toEqual([{ endpoint: "[fd00:16::32]:80", numbers: [1, 0, 2] }]);
});

const site = resolveSite("t", {
  content: "static",
  network: { cidr: "172.16.0.0/24", cidr6: "fd00:16::/64" },
  services: [
    { name: "plain", vip: "172.16.0.40", port: 80 },
    { name: "sctp", vip: "172.16.0.40", port: 7009, protocol: "sctp" },
    { name: "marked", vip: "172.16.0.41", ports: [80, 81], fwmark: 66 },
    { name: "six", vip: "fd00:16::40", port: 80 },
    { name: "marked-six", vip: "fd00:16::41", ports: [80, 81], fwmark: 7 },
  ],
});

test("services are named as the listing names them", () => {
  expect(site.services.map(listedAs)).toEqual([
    "TCP 172.16.0.40:80",
    "SCTP 172.16.0.40:7009",
    "FWM 66",
    "TCP [fd00:16::40]:80",
    "FWM 7 IPv6",
  ]);
});

test("a service's real servers come in the kernel's order, with their names, weights and connections", () => {
  expect(liveDestinations(site.services[0], parseListing(listing))).toMatchObject([
    { name: "rs2", weight: 2, active: 4, inactive: 17 },
    { name: "rs1", weight: 1, active: 3, inactive: 9 },
  ]);
});

test("a service that the director lacks, and a real server that nobody knows, are told", () => {
  expect(() => liveDestinations(site.services[0], parseListing(""))).toThrow(
    "the director has no service TCP 172.16.0.40:80",
  );
  const strange = parseListing(listing.replace("172.16.0.33:80", "172.16.0.99:80"));
  expect(() => liveDestinations(site.services[0], strange)).toThrow("unknown real server 172.16.0.99:80");
});

test("the saved table gets the thresholds that ipvsadm leaves out, by service and real server", () => {
  const saved = `-A -t 172.16.0.40:80 -s rr
-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1
-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 2
-A -f 7 -6 -s rr
-a -f 7 -6 -r [fd00:16::33]:0 -g -w 1
-A --sctp-service 172.16.0.40:7009 -s rr
-a --sctp-service 172.16.0.40:7009 -r 172.16.0.33:7009 -i -w 1 --tun-type ipip `;
  const thresholds = `Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  172.16.0.40:80 rr
  -> 172.16.0.32:80               0          0          5          6
  -> 172.16.0.33:80               50         40         0          0
FWM  7 IPv6 rr
  -> [fd00:16::33]:0              9          0          0          0
SCTP 172.16.0.40:7009 rr
  -> 172.16.0.33:7009             7          6          0          0
`;
  expect(liveRules(saved, parseListing(thresholds)).split("\n")).toEqual([
    "-A --sctp-service 172.16.0.40:7009 -s rr",
    "-A -f 7 -6 -s rr",
    "-A -t 172.16.0.40:80 -s rr",
    "-a --sctp-service 172.16.0.40:7009 -r 172.16.0.33:7009 -i -w 1 --tun-type ipip -x 7 -y 6",
    "-a -f 7 -6 -r [fd00:16::33]:0 -g -w 1 -x 9 -y 0",
    "-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1",
    "-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 2 -x 50 -y 40",
  ]);
});
