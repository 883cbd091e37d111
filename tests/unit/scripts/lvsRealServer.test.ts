import { resolveSite } from "../../../settings/site";
import { vipConf } from "../../../templates/director";
import { FakeGuest } from "./guest";

let guest: FakeGuest;

beforeEach(() => {
  guest = new FakeGuest();
  configure();
});
afterEach(() => guest.remove());

const serve = (verb: string) => guest.run("bash", ["scripts/guest/real-server/lvs-real-server", verb]);

function configure(raw: Record<string, unknown> = {}): void {
  guest.write("conf/real-server.conf", vipConf(resolveSite("dev", raw)));
}

test("ARP is quiet before the VIP is held", () => {
  expect(serve("start")).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
  expect(guest.changes()).toEqual([
    "sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
    "sysctl -q -w net.ipv4.conf.eth0.arp_ignore=1 net.ipv4.conf.eth0.arp_announce=2",
    "ip address replace 172.16.0.40/32 dev lo",
    "ip route replace 172.16.0.40/32 dev lo",
  ]);
});

test("a second start changes nothing", () => {
  serve("start");
  guest.changes();
  expect(serve("start")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(guest.changes()).toEqual([]);
});

test("only what somebody undid by hand is done again", () => {
  serve("start");
  guest.run("sysctl", ["-q", "-w", "net.ipv4.conf.eth0.arp_ignore=0"]);
  guest.run("ip", ["route", "del", "172.16.0.40/32", "dev", "lo"]);
  guest.changes();
  expect(serve("start").stdout).toBe("changed\n");
  expect(guest.changes()).toEqual([
    "sysctl -q -w net.ipv4.conf.eth0.arp_ignore=1 net.ipv4.conf.eth0.arp_announce=2",
    "ip address replace 172.16.0.40/32 dev lo",
    "ip route replace 172.16.0.40/32 dev lo",
  ]);
});

test("every VIP is held, each with its host route", () => {
  configure({ services: [{}, { vip: "172.16.0.50" }] });
  serve("start");
  expect(guest.lines("ip")).toEqual([
    "address 172.16.0.40/32 lo",
    "route 172.16.0.40/32 lo",
    "address 172.16.0.50/32 lo",
    "route 172.16.0.50/32 lo",
  ]);
});

test("a VIP that changed is no longer held under its old address", () => {
  serve("start");
  configure({ services: [{ vip: "172.16.0.50" }] });
  serve("start");
  expect(guest.lines("ip")).toEqual(["address 172.16.0.50/32 lo", "route 172.16.0.50/32 lo"]);
});

test("stop takes the VIP away before ARP speaks again, also twice", () => {
  serve("start");
  guest.changes();
  expect(serve("stop").code).toBe(0);
  expect(guest.changes()).toEqual([
    "ip route del 172.16.0.40/32 dev lo",
    "ip address del 172.16.0.40/32 dev lo",
    "sysctl -q -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0",
    "sysctl -q -w net.ipv4.conf.eth0.arp_ignore=0 net.ipv4.conf.eth0.arp_announce=0",
  ]);
  expect(guest.read("ip")).toBe("");
  expect(serve("stop").code).toBe(0);
});

describe("status", () => {
  test("is 0 and names the VIPs while they are held quietly", () => {
    serve("start");
    expect(serve("status")).toEqual({ code: 0, stdout: "172.16.0.40 on lo\n", stderr: "" });
  });

  test("is 3 before anything was started", () => {
    expect(serve("status").code).toBe(3);
  });

  test.each([
    ["all", "arp_ignore"],
    ["all", "arp_announce"],
    ["eth0", "arp_ignore"],
    ["eth0", "arp_announce"],
  ])("is 3 when %s's %s was set back", (where, key) => {
    serve("start");
    guest.run("sysctl", ["-q", "-w", `net.ipv4.conf.${where}.${key}=0`]);
    expect(serve("status").code).toBe(3);
  });

  test.each(["address", "route"])("is 3 when the VIP's %s was taken away", (kind) => {
    serve("start");
    guest.run("ip", [kind, "del", "172.16.0.40/32", "dev", "lo"]);
    expect(serve("status").code).toBe(3);
  });
});

test("help is asked for and given", () => {
  const { code, stdout } = serve("--help");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^lvs-real-server: the real server's part of LVS\n/);
});

test("an unknown verb is answered with the usage, as an error", () => {
  const { code, stdout, stderr } = serve("");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^lvs-real-server: the real server's part of LVS\n/);
});
