import { resolveSite } from "../../../settings/site";
import { directorSysctl, ipvsRules, vipConf } from "../../../templates/director";

test("the IPVS table lists each service before its real servers, with scheduler and weights", () => {
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

test("each VIP is held once, however many services it has", () => {
  const site = resolveSite("dev", { services: [{}, { port: 8080 }, { vip: "172.16.0.50" }] });
  expect(vipConf(site)).toBe('INTERFACE=eth0\nVIPS="172.16.0.40 172.16.0.50"\n');
});

test("a director sends no redirects and forgets real servers that are gone", () => {
  expect(directorSysctl().trimEnd().split("\n")).toEqual([
    "net.ipv4.conf.all.send_redirects = 0",
    "net.ipv4.conf.default.send_redirects = 0",
    "net.ipv4.conf.eth0.send_redirects = 0",
    "net.ipv4.vs.expire_nodest_conn = 1",
    "net.ipv4.vs.expire_quiescent_template = 1",
  ]);
});
