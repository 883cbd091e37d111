import { resolveSite } from "../../settings/resolve";
import type { SiteSettings } from "../../settings/site";
import { checksConf } from "../../templates/checks";
import { ipvsRules } from "../../templates/director";
import { ldirectordCf } from "../../templates/ldirectord";
import { lab } from "../unit/labs";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const siteOf = (services: object[], more: Record<string, unknown> = {}): SiteSettings =>
  resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64", forward: "open" },
    networks: [{ name: "inside", cidr: "172.16.1.0/24", forward: "open" }],
    director: { health: "ldirectord" },
    realServers: [{ upperThreshold: 50, lowerThreshold: 40 }, { weight: 3 }],
    services,
    ...more,
  });

const around = "mount -t tmpfs run /run";

/** The file as it is on a director, but that no journal is here to be told anything. */
const write = (name: string, text: string): string =>
  folder.write(name, text.replace('logfile="daemon"', `logfile="${folder.path}/log"`));

/** Asks for the status of one that does not run: 3 for a good file, 2 for a bad one. */
function judge(text: string) {
  const path = write("judged.cf", text);
  return ask("ldirectord", [path, "status"], { inside: around });
}

/** ldirectord's own reading of a file, without its main program, and what it would then tell ipvsadm and lvs-check. */
const reader = String.raw`
  local $/;
  open(my $source, "<", "/usr/sbin/ldirectord");
  (my $text = <$source>) =~ s/^ld_init\(\);.*?^# functions$//ms;
  $/ = "\n";
  @ARGV = ();
  eval "$text; 1" or die $@;
  our ($CONFIG, @VIRTUAL);
  $CONFIG = $ENV{FILE};
  read_config();
  ld_setup();
  for my $v (@VIRTUAL) {
    print "-A $$v{flags}\n";
    my $sorry = fallback_find($v);
    print "sorry $$sorry{server}:$$sorry{port} ", get_forward_flag($$sorry{forward}), "\n" if $sorry;
    for my $r (@{$$v{real}}) {
      my $limits = join " ", map { $$r{$_} // 0 } "u-threshold", "l-threshold";
      $limits =~ s/(.*) (.*)/-x $1 -y $2/;
      print "-a $$v{proto} ", get_virtual_option($v), " -r $$r{server}:$$r{port} $$r{forw} -w $$r{weight} $limits\n";
      print "check ", $$v{server} // $$v{fwm}, " $$v{port} $$r{server} $$r{port}\n" if $$v{checktype} eq "external";
      print "as ", get_real_id_str($r, $v), "\n";
    }
  }
`;

function readBack(site: SiteSettings): string[] {
  const env = { PERLIO: "perlio", FILE: write("read.cf", ldirectordCf(site)) };
  return mustAsk("perl", ["-e", reader], { env }).trimEnd().split("\n");
}

/** A rule's words in an order that does not depend on who wrote it, and without limits of 0. */
const rule = (line: string): string =>
  line
    .replace(/ -x 0 -y 0| --tun-type ipip/g, "")
    .split(/ (?=-)/)
    .map((word) => word.trim())
    .sort()
    .join(" ");

const beginning = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

const services = [
  { ports: [80, "8000-8010"], fwmark: 66, scheduler: "wrr" },
  { vips: ["fd00:16::40", "fd00:16::41"], port: 80, fwmark: 66 },
  { vip: "fd00:16::42" },
  { vip: "172.16.0.50", port: 0, persistence: { timeoutSeconds: 60, netmask: "255.255.255.0" } },
  { port: 7007, protocol: "udp", onePacket: true },
  { port: 81, forwarding: "fullnat", realServerPort: 8080 },
  { port: 82, forwarding: "tun" },
  { port: 22, scheduler: "mh", schedulerFlags: ["mh-port", "mh-fallback"] },
];

test("ldirectord makes the very table that the director would have without it", () => {
  const site = siteOf(services);
  const made = readBack(site).filter((line) => /^-[Aa] /.test(line));
  expect(made.map(rule)).toEqual(ipvsRules(site).trimEnd().split("\n").map(rule));
});

test("ldirectord knows where the page is", () => {
  const sorry = (service: object, sorryServer = {}) =>
    beginning(readBack(siteOf([service], { sorryServer })), "sorry");
  expect(sorry({})).toEqual(["127.0.0.1:80 -g"]);
  expect(sorry({ vips: ["fd00:16::40"], port: 80 })).toEqual(["[::1]:0 -g"]);
  expect(sorry({ forwarding: "nat" }, { on: "machine" })).toEqual(["172.16.1.38:80 -m"]);
});

test("ldirectord asks in the words by which checks.conf knows a pair", () => {
  const site = siteOf([{}, { ports: [81], fwmark: 66 }, { vip: "fd00:16::40" }]);
  const keys = checksConf(site)
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ")[2]?.replace(/^-\w:/, ""));
  const asked = beginning(readBack(site), "check").map((line) => line.split(" "));
  expect(asked.map(([vip, port, rip, mapped]) => `${vip}:${port}/${rip}:${mapped}`)).toEqual(keys);
});

test("ldirectord asks for each service of an endpoint by itself", () => {
  const names = beginning(readBack(siteOf([{}, { vip: "172.16.0.41" }])), "as");
  expect(new Set(names).size).toBe(4);
});

test.each([
  ["the lab", lab("monitored")],
  ["every kind of service", siteOf(services, { sorryServer: {} })],
  ["a sorry server of its own", siteOf([{ forwarding: "nat" }], { sorryServer: { on: "machine" } })],
])("ldirectord takes the file of %s without a word about it", (_what, site) => {
  const { code, stderr } = judge(ldirectordCf(site));
  expect(code).toBe(3);
  expect(stderr).not.toMatch(/Error|Warning/);
});

test("ldirectord refuses what it does not know, and says where it stands", () => {
  const { code, stderr } = judge(ldirectordCf(lab("monitored")).replace("scheduler=", "schedule="));
  expect(code).toBe(2);
  expect(stderr).toMatch(/Error .*at line 10: Unknown command "\s*schedule=wrr/);
});
