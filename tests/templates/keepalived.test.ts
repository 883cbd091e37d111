import { resolveSite } from "../../settings/resolve";
import { type SiteSettings, directorsOf } from "../../settings/site";
import { keepalivedConf } from "../../templates/keepalived";
import { labNames, labSettings } from "../unit/labs";
import { Folder, ask } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

/** A director's NICs, and the programs that keepalived asks and tells. */
const around = `
for device in eth0 eth1 eth2; do ip link add $device type veth peer name p$device; done
mount -t tmpfs run /run
mount -t tmpfs programs /usr/local/sbin
for program in lvs-check lvs-notify; do install -m 755 /bin/true /usr/local/sbin/$program; done`;

function judge(text: string) {
  const path = folder.write("keepalived.conf", text, 0o600);
  return ask("keepalived", ["--config-test", "-f", path], { inside: around });
}

/** What keepalived says of the directors of a site; it must take all of them without a word. */
const judged = (site: SiteSettings) =>
  directorsOf(site).map((director) => judge(keepalivedConf(site, director)));
const content = { code: 0, stdout: "", stderr: "" };

/** A lab as it would be with keepalived. */
function kept(name: string, more: Record<string, unknown> = {}): SiteSettings {
  const said = labSettings(name);
  const director = { ...(said.director as object), manager: "keepalived", health: "none" };
  return resolveSite(name, { ...said, director, ...more });
}

test.each(labNames)("keepalived takes %s without a word", (name) => {
  const site = kept(name);
  expect(judged(site)).toEqual(directorsOf(site).map(() => content));
});

const inside = { networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "open" }] };
const services: [string, object][] = [
  ["tunnels", { forwarding: "tun" }],
  ["full NAT to another port", { forwarding: "fullnat", realServerPort: 8080 }],
  ["a mark", { ports: [80, "8000-8010"], fwmark: 66 }],
  ["a mark behind nat", { ports: [80, "8000-8010"], forwarding: "nat" }],
  ["a mark over IPv6", { vips: ["fd00:16::40", "fd00:16::41"], port: 80 }],
  ["IPv6", { vip: "fd00:16::40" }],
  ["every port", { port: 0, persistence: { netmask: "255.255.255.0" } }],
  ["udp, each packet by itself", { port: 7007, protocol: "udp", onePacket: true }],
  ["sctp", { port: 7009, protocol: "sctp" }],
  ["sh with its flags", { scheduler: "sh", schedulerFlags: ["sh-port", "sh-fallback"] }],
  ["mh with its flags", { scheduler: "mh", schedulerFlags: ["mh-port", "mh-fallback"] }],
  ["weight 0 on failure", { check: { onFailure: "inhibit", intervalSeconds: 5, timeoutSeconds: 1 } }],
  ["nobody who checks", { check: { type: "none" } }],
];

test.each(
  services.flatMap(([what, service]) => [1, 2].map((directors) => [what, directors, service] as const)),
)("keepalived takes %s, with directors: %d", (_what, directors, service) => {
  const site = resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64", forward: "open" },
    ...inside,
    directors,
    director: { manager: "keepalived" },
    realServers: [{ upperThreshold: 50, lowerThreshold: 40 }, { weight: 0 }],
    services: [service, { name: "page", port: 81 }],
    sorryServer: {},
  });
  expect(judged(site)).toEqual(directorsOf(site).map(() => content));
});

test("keepalived takes a pair whose VIPs are IPv6 alone", () => {
  const site = kept("ipv6", { directors: 2, services: [{ vip: "fd00:16:40::40" }] });
  expect(judged(site)).toEqual([content, content]);
});

test("keepalived takes a sorry server of its own and sub-second adverts", () => {
  const site = kept("ha-nat", { sorryServer: { on: "machine" }, vrrp: { advertSeconds: 0.05 } });
  expect(judged(site)).toEqual([content, content]);
});

test("keepalived refuses what it does not know", () => {
  const { code, stderr } = judge(
    keepalivedConf(kept("ha-dr"), kept("ha-dr").director).replace("lb_algo", "lb_algorithm"),
  );
  expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("lb_algorithm") as string });
});
