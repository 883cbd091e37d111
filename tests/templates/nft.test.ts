import { resolveSite } from "../../settings/resolve";
import { type SiteSettings, machinesOf } from "../../settings/site";
import { directorNft } from "../../templates/director";
import { firewallRules, sshSources } from "../../templates/firewall";
import { realServerNft } from "../../templates/realServer";
import { lab, labNames } from "../unit/labs";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const nftOf = (site: SiteSettings) => directorNft(site, site.director);

/** The image knows no names of protocols and services. */
const namesAway =
  "for file in protocols services; do [ ! -e /etc/$file ] || mount --bind /dev/null /etc/$file; done";
/** Lets the kernel take `text` twice, in a network of the test's own, and gives the rules that it then has. */
function rulesAfterTwice(name: string, text: string): string[] {
  const path = folder.write(`${name}.nft`, text);
  const inside = `${namesAway}\nnft -f ${path}\nnft -f ${path}`;
  return mustAsk("nft", ["--numeric-protocol", "--stateless", "list", "ruleset"], { inside })
    .split("\n")
    .map((line) => line.trim());
}

/** Lines of nft's own spelling differ in spaces and quotes, so rules are counted by what they end in. */
const endingIn = (lines: readonly string[], end: RegExp) => lines.filter((line) => end.test(line)).length;

const marking = labNames.filter((name) => nftOf(lab(name)) !== "");

test("labs with marks, full NAT or two directors are there to be judged", () => {
  expect([...marking].sort()).toEqual([
    "fullnat",
    "ha-dr",
    "ha-full",
    "ha-nat",
    "mixed",
    "persistence",
    "schedulers",
  ]);
});

test.each(marking)(
  "the kernel takes what a director of %s has beside its table, again in its own place",
  (name) => {
    const text = nftOf(lab(name));
    const taken = rulesAfterTwice(name, text);
    for (const end of [
      / mark set \w+$/,
      / masquerade$/,
      / (accept|drop)$/,
      /^chain /,
      /^set /,
      /^table inet lvs /,
    ])
      expect(endingIn(taken, end)).toBe(
        endingIn(
          text.split("\n").map((line) => line.trim()),
          end,
        ),
      );
  },
);

test.each([
  ["over IPv6", { vips: ["fd00:16::40", "fd00:16::41"], ports: [80, "8000-8010"] }, "tcp"],
  ["of every port", { vips: ["172.16.0.40", "172.16.0.41"], port: 0, persistence: {} }, "meta l4proto 6"],
  ["of sctp", { ports: ["7000-7003"], protocol: "sctp" }, "sctp"],
])("the kernel takes a mark %s", (what, service, protocol) => {
  const network = { cidr6: "fd00:16::/64" };
  const site = resolveSite("dev", { content: "static", network, services: [{ ...service, fwmark: 1 }] });
  const rules = rulesAfterTwice(what.replaceAll(" ", "-"), nftOf(site)).filter((line) =>
    line.includes("mark"),
  );
  expect(rules).toEqual(["chain marks {", expect.stringMatching(`${protocol}.* meta mark set 0x00000001$`)]);
});

test.each(labNames)("the kernel takes the firewall of each machine of %s, again in its own place", (name) => {
  const site = lab(name);
  for (const machine of machinesOf(site)) {
    const text = firewallRules(site, machine);
    const taken = rulesAfterTwice(`${name}-${machine.name}`, text);
    for (const end of [/ accept$/, / notrack$/])
      expect(endingIn(taken, end)).toBe(endingIn(text.split("\n"), end));
    for (const hook of ["input", "forward"])
      expect(taken).toContain(`type filter hook ${hook} priority filter; policy drop;`);
  }
});

describe("connections still under way to a VIP that has just arrived", () => {
  const site = lab("ha-dr");
  const vip = site.services[0].vip;
  const server = folder.write(
    "server",
    `#!/bin/bash
while read -r line && [ "$line" != $'\\r' ]; do :; done
printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhere'
`,
    0o755,
  );
  const asking = (before: string) => {
    const inside = `${namesAway}
nft -f ${folder.write("pair.nft", nftOf(site))}
ip link set lo up
ip address add ${vip}/32 dev lo
socat TCP-LISTEN:80,fork,reuseaddr EXEC:${server} 2>/dev/null &
until (: </dev/tcp/127.0.0.1/80) 2>/dev/null; do sleep 0.1; done
${before}`;
    return ask("curl", ["-sS", "--max-time", "2", `http://${vip}/`], { inside });
  };
  const arrived = `nft add element inet lvs fresh { ${vip} timeout `;

  test("are neither answered nor reset for as long as it is told so", () => {
    expect(asking(":")).toMatchObject({ code: 0, stdout: "here" });
    const { code, stderr } = asking(`${arrived} 5s }`);
    expect({ code, stderr }).toEqual({ code: 28, stderr: expect.stringContaining("timed out") as string });
    expect(asking(`${arrived} 1s }; sleep 1.5`)).toMatchObject({ code: 0, stdout: "here" });
  });

  test("do not keep others waiting", () => {
    expect(asking(`nft add element inet lvs fresh { 172.16.52.41 timeout 5s }`)).toMatchObject({
      code: 0,
      stdout: "here",
    });
  });
});

test("the kernel takes what a real server tells the clients of a tunnelled VIP", () => {
  const site = lab("tun");
  expect(rulesAfterTwice("segments", realServerNft(site, site.realServers[0]))).toContain(
    "ip saddr 172.16.32.40 tcp flags syn,ack / syn,ack tcp option maxseg size set 1440",
  );
});

test("the kernel takes managers whose networks hold one another", () => {
  const managementCidrs = ["172.16.0.0/16", "172.16.0.31", "172.16.0.1", "fd00::/8", "fd00:16::1"];
  const site = resolveSite("dev", { network: { cidr6: "fd00:16::/64" }, managementCidrs });
  const taken = rulesAfterTwice("managers", firewallRules(site, site.realServers[0]));
  expect(endingIn(taken, / tcp dport 22 accept$/)).toBe(2);
});

test.each([
  ["10.1.2.3", 0],
  ["172.16.0.1", 0],
  ["172.16.0.99", 1],
  ["fd00::7", 0],
  ["2001:db8::7", 1],
])("a machine asked from %s about its new firewall ends with %i", (from, code) => {
  const managementCidrs = ["10.0.0.0/8", "10.1.0.0/16", "fd00::/8"];
  const site = resolveSite("dev", { network: { cidr6: "fd00:16::/64" }, managementCidrs });
  folder.write("job/firewall.nft", firewallRules(site, site.realServers[0]));
  folder.write("job/ssh-sources", sshSources(site));
  const script = 'cd "$1/job" && source "$2/scripts/guest/lib.sh" && refuse_lockout';
  const args = ["-c", script, "-", folder.path, process.cwd()];
  const ended = ask("bash", args, { inside: ":", env: { SSH_CONNECTION: `${from} 4711 172.16.0.32 22` } });
  expect(ended).toMatchObject({ code, stderr: code === 0 ? "" : expect.stringContaining("managementCidrs") });
});

test("tunnelled packets are let in as IP in IP, which is protocol 4", () => {
  const site = lab("tun");
  expect(rulesAfterTwice("ipip", firewallRules(site, site.realServers[0]))).toContain(
    "ip saddr 172.16.32.31 meta l4proto 4 accept",
  );
});

test("the kernel takes an empty file where nothing is wanted", () => {
  expect(rulesAfterTwice("empty", nftOf(lab("dr-wordpress")))).toEqual([""]);
});

test("a rule that nft does not know is noticed", () => {
  const path = folder.write("broken.nft", nftOf(lab("fullnat")).replace("masquerade", "masqerade"));
  const { code, stderr } = ask("nft", ["-c", "-f", path], { inside: ":" });
  expect(code).toBe(1);
  expect(stderr).toContain("syntax error");
});
