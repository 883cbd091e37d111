import { resolveSite } from "../../../settings/site";
import { ipvsRules, vipConf } from "../../../templates/director";
import { FakeGuest } from "./guest";

let guest: FakeGuest;

beforeEach(() => {
  guest = new FakeGuest();
});
afterEach(() => guest.remove());

const script = "scripts/guest/director/lvs-director";
const direct = (verb: string) => guest.run("bash", [script, verb]);

/** Lays down what a stack file asks for. */
function configure(raw: Record<string, unknown> = {}): void {
  const site = resolveSite("dev", raw);
  guest.write("conf/director.conf", vipConf(site));
  guest.write("conf/ipvs.rules", ipvsRules(site));
}

/** Lays down `raw` and starts, and gives what `ipvsadm` and `ip` were told. */
function reconcile(raw: Record<string, unknown>): string[] {
  configure(raw);
  guest.changes();
  const ended = direct("start");
  expect(ended).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
  // Whatever was done, the table is now what the rules say, and there is nothing left to do.
  expect(guest.lines("table").toSorted()).toEqual(guest.lines("conf/ipvs.rules").toSorted());
  const changes = guest.changes();
  expect(direct("start")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(guest.changes()).toEqual([]);
  return changes;
}

test("a first start takes the VIP, announces it, and fills the table", () => {
  expect(reconcile({ services: [{ scheduler: "rr" }], realServers: [{}, { weight: 2 }] })).toEqual([
    "ip address add 172.16.0.40/32 dev eth0",
    "arping -q -U -c 2 -w 1 -I eth0 172.16.0.40",
    "ipvsadm -A -t 172.16.0.40:80 -s rr",
    "ipvsadm -a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1",
    "ipvsadm -a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 2",
  ]);
  expect(guest.lines("ip")).toEqual(["address 172.16.0.40/32 eth0"]);
});

test("a changed weight edits that real server and nothing else", () => {
  reconcile({ realServers: [{}, { weight: 1 }] });
  expect(reconcile({ realServers: [{}, { weight: 0 }] })).toEqual([
    "ipvsadm -e -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 0",
  ]);
});

test("a changed scheduler edits the service and leaves its real servers alone", () => {
  reconcile({ services: [{ scheduler: "rr" }] });
  expect(reconcile({ services: [{ scheduler: "wlc" }] })).toEqual(["ipvsadm -E -t 172.16.0.40:80 -s wlc"]);
});

test("an added real server is added and nothing else", () => {
  reconcile({ realServers: [{}] });
  expect(reconcile({ realServers: [{}, {}] })).toEqual([
    "ipvsadm -a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 1",
  ]);
});

test("a removed real server is deleted and nothing else", () => {
  reconcile({ realServers: [{}, {}] });
  expect(reconcile({ realServers: [{}] })).toEqual(["ipvsadm -d -t 172.16.0.40:80 -r 172.16.0.33:80"]);
});

test("a removed service goes after its real servers", () => {
  reconcile({ services: [{}, { port: 8080 }] });
  expect(reconcile({ services: [{}] })).toEqual([
    "ipvsadm -d -t 172.16.0.40:8080 -r 172.16.0.32:8080",
    "ipvsadm -d -t 172.16.0.40:8080 -r 172.16.0.33:8080",
    "ipvsadm -D -t 172.16.0.40:8080",
  ]);
});

test("what somebody deleted by hand comes back, and what somebody added goes", () => {
  reconcile({ realServers: [{}, {}] });
  guest.run("ipvsadm", ["-d", "-t", "172.16.0.40:80", "-r", "172.16.0.32:80"]);
  guest.run("ipvsadm", ["-A", "-t", "172.16.0.99:80", "-s", "rr"]);
  expect(reconcile({ realServers: [{}, {}] })).toEqual([
    "ipvsadm -a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1",
    "ipvsadm -D -t 172.16.0.99:80",
  ]);
});

test("a second VIP is taken beside the first", () => {
  reconcile({});
  expect(reconcile({ services: [{}, { vip: "172.16.0.50" }] }).slice(0, 2)).toEqual([
    "ip address add 172.16.0.50/32 dev eth0",
    "arping -q -U -c 2 -w 1 -I eth0 172.16.0.50",
  ]);
});

test("a VIP that changed is no longer held under its old address", () => {
  reconcile({});
  reconcile({ services: [{ vip: "172.16.0.50" }] });
  expect(guest.lines("ip")).toEqual(["address 172.16.0.50/32 eth0"]);
});

test("a rule that ipvsadm refuses ends the start with its error", () => {
  configure();
  guest.write("conf/ipvs.rules", "-a -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1\n");
  const { code, stdout, stderr } = direct("start");
  expect(code).toBe(254);
  expect(stdout).toBe("");
  expect(stderr).toBe("ipvsadm: no such entry: -A -t 172.16.0.40:80 \n");
});

test("stop deletes the services and gives the VIPs up, also twice", () => {
  reconcile({ services: [{}, { vip: "172.16.0.50" }] });
  expect(direct("stop").code).toBe(0);
  expect(guest.read("table")).toBe("");
  expect(guest.read("ip")).toBe("");
  expect(direct("stop").code).toBe(0);
});

describe("status", () => {
  test("is 0 while VIPs and services are there", () => {
    reconcile({});
    expect(direct("status")).toEqual({ code: 0, stdout: "IP Virtual Server\n", stderr: "" });
  });

  test("is 3 before anything was started", () => {
    configure();
    expect(direct("status").code).toBe(3);
  });

  test("is 3 when the VIP was taken away", () => {
    reconcile({});
    guest.run("ip", ["address", "del", "172.16.0.40/32", "dev", "eth0"]);
    expect(direct("status").code).toBe(3);
  });

  test("is 3 when a service was deleted", () => {
    reconcile({ services: [{}, { port: 443 }] });
    guest.run("ipvsadm", ["-D", "-t", "172.16.0.40:443"]);
    expect(direct("status").code).toBe(3);
  });

  test("is 3 when a service was deleted whose port begins another's", () => {
    reconcile({ services: [{}, { port: 8080 }] });
    guest.run("ipvsadm", ["-D", "-t", "172.16.0.40:80"]);
    expect(direct("status").code).toBe(3);
  });

  test("changes nothing", () => {
    reconcile({});
    direct("status");
    expect(guest.changes()).toEqual([]);
  });
});

test("help is asked for and given", () => {
  const { code, stdout, stderr } = direct("--help");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^lvs-director: the director's part of LVS\n/);
});

test("an unknown verb is answered with the usage, as an error", () => {
  const { code, stdout, stderr } = direct("restart");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^lvs-director: the director's part of LVS\n/);
});
