import { FakeGuest } from "./guest";

let guest: FakeGuest;

beforeEach(() => {
  guest = new FakeGuest();
});
afterEach(() => guest.remove());

const serve = (...args: string[]) =>
  guest.run("bash", ["scripts/guest/real-server/lvs-real-server", ...args]);
const nft =
  "table inet lvs_real_server\ndelete table inet lvs_real_server\ntable inet lvs_real_server {\n}\n";
const onLo = "172.16.0.40@lo";
const onTunnel = "172.16.0.41@tunl0";
const ipv6 = "fd00:16::28@lo";

function configure(vips: string, script = "", interfaces = "eth0", drainSeconds = 0): void {
  const lines = [`INTERFACES="${interfaces}"`, `VIPS="${vips}"`, `DRAIN_SECONDS=${drainSeconds}\n`];
  guest.write("conf/real-server.conf", lines.join("\n"));
  guest.write("conf/real-server.nft", script);
  guest.changes();
}

/** Lays that down and starts; gives what commands were told, once a second start has found nothing to do. */
function settle(...files: Parameters<typeof configure>): string[] {
  configure(...files);
  expect(serve("start")).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
  const changes = guest.changes();
  expect(serve("start")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(guest.changes()).toEqual([]);
  return changes;
}

const quiet = (...interfaces: string[]) =>
  `sysctl -q -w ${["all", ...interfaces]
    .map((where) => `net.ipv4.conf.${where}.arp_ignore=1 net.ipv4.conf.${where}.arp_announce=2`)
    .join(" ")}`;
const speaking = quiet("eth0").replace(/=[12]/g, "=0");

test("ARP is quiet on every interface before a VIP is held", () => {
  expect(settle(onLo, "", "eth0 eth1")).toEqual([
    quiet("eth0", "eth1"),
    "ip address replace 172.16.0.40/32 dev lo",
    "ip route replace 172.16.0.40/32 dev lo",
  ]);
});

test("an IPv6 VIP needs neither host route nor duplicate detection, and is no source of own connections", () => {
  expect(settle(ipv6).slice(1)).toEqual(["ip address replace fd00:16::28/128 dev lo nodad preferred_lft 0"]);
});

test("for a VIP on tunl0 the tunnel is opened, and its segments are clamped, before the VIP is held", () => {
  guest.write("sysctl/net.ipv4.conf.all.rp_filter", "1\n");
  guest.write("sysctl/net.ipv4.conf.eth0.rp_filter", "2\n");
  expect(settle(onTunnel, nft)).toEqual([
    quiet("eth0"),
    "modprobe ipip",
    "ip link set tunl0 up",
    "sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0",
    "nft -f real-server.nft",
    "ip address replace 172.16.0.41/32 dev tunl0",
  ]);
});

test("what tunl0 itself filters is set once it is there", () => {
  guest.write("sysctl/net.ipv4.conf.tunl0.rp_filter", "1\n");
  expect(settle(onTunnel)).toContain("sysctl -q -w net.ipv4.conf.tunl0.rp_filter=0");
});

test("VIPs of several methods are held side by side", () => {
  settle(`${onLo} ${onTunnel} ${ipv6}`);
  expect(guest.lines("ip")).toEqual([
    "up tunl0",
    "address 172.16.0.40/32 lo",
    "route 172.16.0.40/32 lo",
    "address 172.16.0.41/32 tunl0",
    "address fd00:16::28/128 lo",
  ]);
});

test.each([
  ["sysctl -q -w net.ipv4.conf.eth0.arp_ignore=0", ["sysctl -q -w net.ipv4.conf.eth0.arp_ignore=1"]],
  [
    "ip route del 172.16.0.40/32 dev lo",
    ["ip address replace 172.16.0.40/32 dev lo", "ip route replace 172.16.0.40/32 dev lo"],
  ],
  ["ip address del 172.16.0.41/32 dev tunl0", ["ip address replace 172.16.0.41/32 dev tunl0"]],
  ["ip link set tunl0 down", ["modprobe ipip", "ip link set tunl0 up"]],
  ["sysctl -q -w net.ipv4.conf.all.rp_filter=1", ["sysctl -q -w net.ipv4.conf.all.rp_filter=0"]],
  ["nft delete table inet lvs_real_server", ["nft -f real-server.nft"]],
])("after %s only that is done again", (command, done) => {
  settle(`${onLo} ${onTunnel} ${ipv6}`, nft);
  const [name, ...args] = command.split(" ");
  guest.run(name!, args);
  guest.changes();
  expect(serve("start").stdout).toBe("changed\n");
  expect(guest.changes()).toEqual(done);
});

test("a VIP that is wanted no more is given up with its route, and others are left alone", () => {
  settle(`${onLo} 172.16.0.50@lo`);
  expect(settle("172.16.0.50@lo")).toEqual([
    "ip route del 172.16.0.40/32 dev lo",
    "ip address del 172.16.0.40/32 dev lo",
  ]);
});

test("a VIP that moves from tunl0 to lo closes the tunnel", () => {
  settle("172.16.0.40@tunl0", nft);
  expect(settle(onLo)).toEqual([
    "nft table inet lvs_real_server; delete table inet lvs_real_server",
    "ip address replace 172.16.0.40/32 dev lo",
    "ip route replace 172.16.0.40/32 dev lo",
    "ip link set tunl0 down",
    "ip address del 172.16.0.40/32 dev tunl0",
  ]);
});

describe("with no VIPs, as for address translation,", () => {
  test("there is nothing to do", () => {
    configure("");
    expect(serve("start")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    expect(guest.changes()).toEqual([]);
    expect(serve("status")).toEqual({ code: 0, stdout: "no VIPs to hold\n", stderr: "" });
  });

  test("former ones are undone", () => {
    settle(`${onLo} ${onTunnel} ${ipv6}`, nft);
    expect(settle("")).toEqual([
      "ip link set tunl0 down",
      "ip route del 172.16.0.40/32 dev lo",
      "ip address del 172.16.0.40/32 dev lo",
      "ip address del 172.16.0.41/32 dev tunl0",
      "ip address del fd00:16::28/128 dev lo",
      "nft table inet lvs_real_server; delete table inet lvs_real_server",
      speaking,
    ]);
    expect(guest.read("ip")).toBe("");
  });
});

test("stop takes the VIPs away before ARP speaks again, and has nothing to do twice", () => {
  settle(onLo);
  expect(serve("stop")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(guest.changes()).toEqual([
    "ip route del 172.16.0.40/32 dev lo",
    "ip address del 172.16.0.40/32 dev lo",
    speaking,
  ]);
  expect(serve("stop")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(guest.changes()).toEqual([]);
});

describe("status", () => {
  beforeEach(() => settle(`${onLo} ${onTunnel} ${ipv6}`, nft));

  test("is 0 and names the VIPs while they are held quietly, and touches nothing", () => {
    expect(serve("status")).toEqual({
      code: 0,
      stdout: "172.16.0.40 on lo\n172.16.0.41 on tunl0\nfd00:16::28 on lo\n",
      stderr: "",
    });
    expect(guest.changes()).toEqual([]);
  });

  test.each([
    ["sysctl -q -w net.ipv4.conf.all.arp_ignore=0", "ARP is not quiet about the VIPs"],
    ["sysctl -q -w net.ipv4.conf.all.arp_announce=0", "ARP is not quiet about the VIPs"],
    ["sysctl -q -w net.ipv4.conf.eth0.arp_ignore=0", "ARP is not quiet about the VIPs"],
    ["sysctl -q -w net.ipv4.conf.eth0.arp_announce=0", "ARP is not quiet about the VIPs"],
    ["ip address del 172.16.0.40/32 dev lo", "VIP 172.16.0.40@lo is not held"],
    ["ip route del 172.16.0.40/32 dev lo", "VIP 172.16.0.40@lo is not held"],
    ["ip address del fd00:16::28/128 dev lo", "VIP fd00:16::28@lo is not held"],
    ["ip link set tunl0 down", "tunl0 is not open"],
    ["sysctl -q -w net.ipv4.conf.tunl0.rp_filter=2", "tunl0 is not open"],
    ["nft delete table inet lvs_real_server", "the nftables table is not loaded"],
  ])("is 3 after %s", (command, reason) => {
    const [name, ...args] = command.split(" ");
    guest.run(name!, args);
    const { code, stderr } = serve("status");
    expect([code, stderr]).toEqual([3, `lvs-real-server: ${reason}\n`]);
  });

  test("is 3 after a stop", () => {
    serve("stop");
    expect(serve("status").code).toBe(3);
  });
});

test("a VIP that goes is kept until its connections have ended", () => {
  settle(`${onLo} ${ipv6}`);
  guest.command("sleep", 'echo "sleep $*" >>"$GUEST/log"');
  guest.command(
    "ss",
    'echo "ss $*" >>"$GUEST/log"; [[ "$(grep -c ^ss "$GUEST/log")" == 3 ]] || echo "0 0 172.16.0.40:80 172.16.0.1:4711"',
  );
  configure(ipv6, "", "eth0", 30);
  expect(serve("start").stdout).toBe("changed\n");
  const asked = "ss -Htn state established ( src [172.16.0.40] )";
  expect(guest.changes()).toEqual([
    "sleep 10",
    asked,
    "sleep 1",
    asked,
    "sleep 1",
    asked,
    "ip route del 172.16.0.40/32 dev lo",
    "ip address del 172.16.0.40/32 dev lo",
  ]);
});

test.each([
  ["start", 6],
  ["status", 3],
])("%s without a real-server.conf ends with %s", (command, code) => {
  expect(serve(command)).toEqual({
    code,
    stdout: "",
    stderr: `lvs-real-server: there is no ${guest.path("conf/real-server.conf")}\n`,
  });
});

test("--help prints the manual", () => {
  const { code, stdout, stderr } = serve("--help");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^NAME\n {4}lvs-real-server - .*\n\nSYNOPSIS\n/);
});

test("an unknown command is answered with the usage, as an error", () => {
  expect(serve("check")).toEqual({
    code: 2,
    stdout: "",
    stderr: "usage: lvs-real-server start|stop|status|--help\n",
  });
});
