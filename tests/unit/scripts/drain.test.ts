import { FakeDirector, web } from "./director";

let guest: FakeDirector;

beforeEach(() => {
  guest = new FakeDirector();
  // Seconds in which a connection ends pass at once.
  guest.command("sleep", 'echo "sleep $*" >>"$GUEST/log"');
});
afterEach(() => guest.remove());

const server = (host: number, rest = "-g -w 1") => `-a -t 172.16.0.40:80 -r 172.16.0.${host}:80 ${rest}`;
const weightless = (host: number) => `ipvsadm -e ${server(host, "-g -w 0").slice(3)}`;
const gone = (host: number) => `ipvsadm -d -t 172.16.0.40:80 -r 172.16.0.${host}:80`;
/** Active connections of a real server; each list of the table finds one fewer. */
const busy = (endpoint: string, connections: number) =>
  guest.write(`connections/${endpoint}`, String(connections));

test("a removed real server gets weight 0, is waited for, and goes", () => {
  guest.settle({ rules: [...web, server(33)] });
  // The first of the two lists is that by which the table is compared.
  busy("172.16.0.33:80", 3);
  expect(guest.settle({ rules: web })).toEqual([weightless(33), "sleep 1", "sleep 1", gone(33)]);
});

test("one without connections goes without a wait", () => {
  guest.settle({ rules: [...web, server(33)] });
  expect(guest.settle({ rules: web })).toEqual([weightless(33), gone(33)]);
});

test("one that had weight 0 already is only waited for", () => {
  guest.settle({ rules: [...web, server(33, "-g -w 0")] });
  busy("172.16.0.33:80", 2);
  expect(guest.settle({ rules: web })).toEqual(["sleep 1", gone(33)]);
});

test("several drain together", () => {
  guest.settle({ rules: [...web, server(33), server(34), server(35)] });
  busy("172.16.0.33:80", 2);
  busy("172.16.0.35:80", 4);
  expect(guest.settle({ rules: web })).toEqual([
    weightless(35),
    weightless(34),
    weightless(33),
    "sleep 1",
    "sleep 1",
    "sleep 1",
    gone(35),
    gone(34),
    gone(33),
  ]);
});

test("connections of a real server that stays are not waited for", () => {
  guest.settle({ rules: [...web, server(33)] });
  busy("172.16.0.32:80", 1000);
  expect(guest.settle({ rules: web })).toEqual([weightless(33), gone(33)]);
});

test("a service that goes altogether has its real servers drained, and its VIP kept until then", () => {
  const https = ["-A -t 172.16.0.50:443 -s rr", "-a -t 172.16.0.50:443 -r 172.16.0.32:443 -g -w 2"];
  guest.settle({ rules: [...web, ...https], vips: "172.16.0.40@eth0 172.16.0.50@eth0" });
  busy("172.16.0.32:443", 2);
  expect(guest.settle({ rules: web, vips: "172.16.0.40@eth0" })).toEqual([
    "ipvsadm -e -t 172.16.0.50:443 -r 172.16.0.32:443 -g -w 0",
    "sleep 1",
    "ipvsadm -d -t 172.16.0.50:443 -r 172.16.0.32:443",
    "ipvsadm -D -t 172.16.0.50:443",
    "ip address del 172.16.0.50/32 dev eth0",
  ]);
});

test("what is new works before what is old drains", () => {
  guest.settle({ rules: web, vips: "172.16.0.40@eth0" });
  const moved = web.map((line) => line.replace(".40", ".50"));
  expect(guest.settle({ rules: moved, vips: "172.16.0.50@eth0" })).toEqual([
    `ipvsadm ${moved[0]!}`,
    `ipvsadm ${moved[1]!}`,
    "ip address replace 172.16.0.50/32 dev eth0",
    "arping -q -U -c 2 -w 1 -I eth0 172.16.0.50",
    weightless(32),
    gone(32),
    "ipvsadm -D -t 172.16.0.40:80",
    "ip address del 172.16.0.40/32 dev eth0",
  ]);
});

test.each([
  ["tunnel", "-i -w 3 --tun-type ipip", "-i -w 0 --tun-type ipip"],
  ["thresholds", "-m -w 3 -x 20 -y 10", "-m -w 0 -x 20 -y 10"],
])("weight 0 leaves a real server's %s as it was", (_what, before, drained) => {
  guest.settle({ rules: [...web, server(33, before)] });
  expect(guest.settle({ rules: web })).toEqual([`ipvsadm -e ${server(33, drained).slice(3)}`, gone(33)]);
});

test("an IPv6 real server behind a firewall mark drains too", () => {
  const rules = ["-A -f 1 -6 -s rr", "-a -f 1 -6 -r [fd00:16::20]:0 -g -w 1"];
  guest.settle({ rules: [...web, ...rules] });
  busy("[fd00:16::20]:0", 2);
  expect(guest.settle({ rules: web })).toEqual([
    "ipvsadm -e -f 1 -6 -r [fd00:16::20]:0 -g -w 0",
    "sleep 1",
    "ipvsadm -d -f 1 -6 -r [fd00:16::20]:0",
    "ipvsadm -D -f 1 -6",
  ]);
});

test("after DRAIN_SECONDS the connections that are left are cut off", () => {
  guest.command("sleep", "exec /bin/sleep 0.2");
  guest.settle({ rules: [...web, server(33)] });
  busy("172.16.0.33:80", 1000);
  guest.configure({ rules: web, drainSeconds: 1 });
  const started = Date.now();
  expect(guest.direct("start")).toEqual({
    code: 0,
    stdout: "changed\n",
    stderr: "lvs-director: connections are cut off after 1 s\n",
  });
  expect(Date.now() - started).toBeLessThan(5000);
  expect(guest.changes()).toEqual([weightless(33), gone(33)]);
});

test("with DRAIN_SECONDS=0 nothing is drained", () => {
  guest.settle({ rules: [...web, server(33)] });
  busy("172.16.0.33:80", 1000);
  expect(guest.settle({ rules: web, drainSeconds: 0 })).toEqual([gone(33)]);
});

test("a drain that was cut off goes on with the next start", () => {
  guest.settle({ rules: [...web, server(33)] });
  busy("172.16.0.33:80", 1000);
  guest.command("sleep", "kill -TERM $PPID");
  guest.configure({ rules: web });
  expect(guest.direct("start").code).not.toBe(0);
  expect(guest.changes()).toEqual([weightless(33)]);
  guest.command("sleep", 'echo "sleep $*" >>"$GUEST/log"');
  busy("172.16.0.33:80", 2);
  expect(guest.settle({ rules: web })).toEqual(["sleep 1", gone(33)]);
});

test("what somebody deletes while it drains is no error", () => {
  guest.settle({ rules: [...web, server(33)] });
  busy("172.16.0.33:80", 1000);
  guest.command("sleep", "ipvsadm -d -t 172.16.0.40:80 -r 172.16.0.33:80");
  guest.configure({ rules: web });
  expect(guest.direct("start")).toEqual({
    code: 0,
    stdout: "changed\n",
    stderr: "lvs-director: -t 172.16.0.40:80 -r 172.16.0.33:80 went by another hand\n",
  });
  expect(guest.lines("table")).toEqual(web);
});

test("stop does not drain", () => {
  guest.settle({ rules: web });
  busy("172.16.0.32:80", 1000);
  expect(guest.direct("stop").code).toBe(0);
  expect(guest.changes()).toEqual(["ipvsadm -D -t 172.16.0.40:80"]);
});
