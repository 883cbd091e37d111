import { readFileSync } from "node:fs";
import { FakeDirector, web } from "./director";
import { clock } from "./guest";

let guest: FakeDirector;

const vip = "172.16.0.40@eth0";
const floating = `${vip} fd00:16::28@eth0 10.0.0.1@eth1`;
const pair = `MANAGER=keepalived\nFLOATING="${floating}"\nSYNC="eth0 51"\nPEER=172.16.0.30\n`;
const held = "address 172.16.0.40/32 eth0\naddress fd00:16::28/128 eth0\naddress 10.0.0.1/24 eth1\n";
/** What nft is told. */
const marked = (set: string, timeout: string) =>
  [
    `flush set inet lvs ${set}; flush set inet lvs ${set}6`,
    `add element inet lvs ${set} { 172.16.0.40${timeout} }`,
    `add element inet lvs ${set}6 { fd00:16::28${timeout} }`,
    `add element inet lvs ${set} { 10.0.0.1${timeout} }`,
  ].join("; ");
const daemons = ["master", "backup"].map((one) => `${one} sync daemon (mcast=eth0, syncid=51, maxlen=1472)`);

beforeEach(() => {
  guest = new FakeDirector();
  guest.write("conf/keepalived.conf", "vrrp_instance front {\n}\n");
  guest.write("table", `${web.join("\n")}\n`);
  guest.command("ping", 'echo "ping $*" >>"$GUEST/asked"');
  guest.command("timeout", 'echo "$*" >>"$GUEST/asked"');
});
afterEach(() => guest.remove());

const configure = (more = pair, vips = "") => guest.configure({ rules: web, vips, more });
const role = (word: string) => guest.write("run/vrrp/front", `${word}\n`);
const start = () => {
  guest.write("active", "keepalived.service\n");
  const ended = guest.direct("start");
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  return guest.changes();
};

test("both daemons tell the other director of connections, once", () => {
  configure();
  expect(start()).toEqual([
    "ipvsadm --start-daemon master --mcast-interface eth0 --syncid 51",
    "ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 51",
    "systemctl kill -s HUP --kill-who=main keepalived.service",
  ]);
  expect(guest.lines("daemons")).toEqual(daemons);
  expect(start()).toEqual([]);
  configure(pair.replace("51", "52"));
  expect(start()).toHaveLength(4);
  expect(guest.lines("daemons")).toEqual(daemons.map((line) => line.replace("51", "52")));
  configure("MANAGER=keepalived\n");
  expect(start()).toEqual(["ipvsadm --stop-daemon master", "ipvsadm --stop-daemon backup"]);
});

test("what VRRP holds is left to it, be it here or not", () => {
  configure();
  role("MASTER");
  start();
  guest.write("ip", held);
  expect(start()).toEqual([]);
  guest.write("ip", "");
  expect(start()).toEqual([]);
});

test("a director that stood alone gives its VIPs up before VRRP finds who is to hold them", () => {
  configure("MANAGER=keepalived\n", `${vip} fd00:16::28@eth0`);
  start();
  expect(guest.lines("ip")).toHaveLength(2);
  configure();
  guest.write("conf/keepalived.conf", "vrrp_instance other {\n}\n");
  expect(start().slice(2)).toEqual([
    "ip address del 172.16.0.40/32 dev eth0",
    "ip address del fd00:16::28/128 dev eth0",
    "systemctl kill -s HUP --kill-who=main keepalived.service",
  ]);
});

test("one that is left of a pair takes the VIPs once VRRP has let them go", () => {
  configure();
  role("MASTER");
  guest.write("ip", held);
  start();
  guest.command("sleep", ': >"$GUEST/ip"');
  configure("MANAGER=keepalived\n", vip);
  guest.write("conf/keepalived.conf", "virtual_server 172.16.0.40 80 {\n}\n");
  expect(start().slice(2)).toEqual([
    "systemctl kill -s HUP --kill-who=main keepalived.service",
    "ip address replace 172.16.0.40/32 dev eth0",
    "arping -q -U -c 2 -w 1 -I eth0 172.16.0.40",
  ]);
  expect(start()).toEqual([]);
});

describe("status", () => {
  beforeEach(() => {
    configure();
    guest.write("active", "keepalived.service\n");
    guest.write("daemons", `${daemons.join("\n")}\n`);
  });

  test.each([
    ["MASTER", held, 0, "role: master\n"],
    ["BACKUP", "", 0, "role: backup\n"],
    [
      "MASTER",
      "address 172.16.0.40/32 eth0\n",
      3,
      "as master this director should hold 3 floating addresses, and holds 1\n",
    ],
    [
      "BACKUP",
      "address 10.0.0.1/24 eth1\n",
      3,
      "as backup this director should hold 0 floating addresses, and holds 1\n",
    ],
  ])("of a %s that holds %j is %s", (word, ip, code, said) => {
    role(word);
    guest.write("ip", ip);
    const ended = guest.direct("status");
    expect(ended.code).toBe(code);
    expect(ended.stdout + ended.stderr).toContain(said);
  });

  test("is 3 where connection sync does not run", () => {
    role("BACKUP");
    guest.write("daemons", `${daemons[0]}\n`);
    expect(guest.direct("status")).toMatchObject({
      code: 3,
      stderr: "lvs-director: connection sync does not run\n",
    });
  });

  test("is 3 before keepalived's first word", () => {
    expect(guest.direct("status")).toMatchObject({
      code: 3,
      stderr: "lvs-director: keepalived has not said who is master\n",
    });
  });
});

describe("settle", () => {
  beforeEach(() => {
    configure();
    guest.write("ip", held);
  });

  test("has a standby give up what VRRP did not give it", () => {
    role("BACKUP");
    expect(guest.direct("settle").code).toBe(0);
    expect(guest.changes()).toEqual([
      "ip address flush dev eth0 to 172.16.0.40",
      "ip address flush dev eth0 to fd00:16::28",
      "ip address flush dev eth1 to 10.0.0.1",
    ]);
  });

  test.each(["MASTER", ""])("leaves a director with the role %j alone", (word) => {
    if (word !== "") role(word);
    expect(guest.direct("settle").code).toBe(0);
    expect(guest.changes()).toEqual([]);
  });
});

test("announce tells the neighbours about the VIPs that this director holds", () => {
  configure();
  guest.write("ip", held);
  expect(guest.direct("announce").code).toBe(0);
  expect(guest.changes().toSorted()).toEqual([
    "arping -q -U -c 2 -w 1 -I eth0 172.16.0.40",
    "arping -q -U -c 2 -w 1 -I eth1 10.0.0.1",
  ]);
});

describe("handover", () => {
  beforeEach(() => {
    configure();
    role("MASTER");
    guest.write("ip", held);
    // keepalived lets go while we wait.
    guest.command(
      "sleep",
      '[ ! -e "$GUEST/run/handover" ] || { cp "$GUEST/run/handover" "$GUEST/asked-to"; : >"$GUEST/ip"; }',
    );
  });
  const refused = (reason: string) => ({ code: 4, stdout: "", stderr: `lvs-director: ${reason}\n` });

  test("lets keepalived give everything up, until the other director answers for the VIP", () => {
    expect(guest.direct("handover")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(guest.read("asked-to")).toBe("1\n");
    expect(guest.read("run/handover")).toBe("0\n");
    expect(guest.lines("asked")).toEqual(["ping -q -c 1 -W 1 172.16.0.30"]);
    expect(guest.changes()).toEqual([
      `nft ${marked("held", " timeout 15s")}`,
      "arping -q -c 1 -w 1 -I eth0 172.16.0.40",
      "nft flush set inet lvs held; flush set inet lvs held6",
    ]);
  });

  test.each([
    ["this is not the master", () => role("BACKUP"), "this director is not the master"],
    [
      "the other one does not answer",
      () => guest.command("ping", "exit 1"),
      "172.16.0.30 does not answer: it could not take over",
    ],
    ["it is no pair", () => configure("MANAGER=keepalived\n"), "this director has no peer"],
  ])("is refused when %s", (_what, arrange, reason) => {
    arrange();
    expect(guest.direct("handover")).toEqual(refused(reason));
    expect(guest.read("run/handover")).toBe("");
    expect(guest.lines("ip")).toHaveLength(3);
  });

  test("is taken back when the other one does not take over", () => {
    guest.command("arping", 'echo asked >>"$GUEST/asks"; exit 1');
    guest.write("clock", clock(2));
    const handover = ["scripts/guest/director/lvs-director", "handover"];
    expect(guest.run("bash", handover, "", undefined, { BASH_ENV: guest.path("clock") })).toEqual(
      refused("172.16.0.30 does not take over: taking the VIPs up again"),
    );
    expect(guest.read("run/handover")).toBe("0\n");
    expect(guest.lines("asks").length).toBeGreaterThan(2);
  });
});

describe("lvs-notify", () => {
  const notify = (state: string) =>
    guest.run("bash", ["scripts/guest/director/lvs-notify", "GROUP", "site", state, "200"]);
  beforeEach(() => configure());

  test("of a new master drops what it does not know yet for a while, and tells the journal", () => {
    expect(notify("MASTER")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(guest.changes()).toEqual([`nft ${marked("fresh", " timeout 5s")}`]);
    expect(guest.lines("run/vrrp/site")[0]).toBe("MASTER");
    expect(guest.lines("journal")).toEqual(["site is MASTER now"]);
  });

  test("of a backup drops what it does not know until it is the master", () => {
    notify("BACKUP");
    expect(guest.changes()).toEqual([`nft ${marked("fresh", "")}`]);
    expect(guest.lines("run/vrrp/site")[0]).toBe("BACKUP");
  });

  test("of two calls at the same moment, the one that was started later counts", () => {
    notify("BACKUP");
    const later = guest.read("run/vrrp/site").replace(/\n\d+/, "\n99999999999");
    guest.write("run/vrrp/site", later);
    expect(notify("MASTER").code).toBe(0);
    expect(guest.read("run/vrrp/site")).toBe(later);
    expect(guest.lines("journal")).toEqual(["site is BACKUP now"]);
  });

  test("goes on where nft has no such set", () => {
    guest.command("nft", "exit 1");
    expect(notify("MASTER").code).toBe(0);
    expect(guest.lines("run/vrrp/site")[0]).toBe("MASTER");
  });
});

describe("lvs-watch", () => {
  const line = (server: string, host: number) =>
    `web ${server} -t:172.16.0.40:80/172.16.0.${host}:80 https https://172.16.0.${host}:80/readyz - 200 2 3 1 -\n`;
  const watch = () => {
    expect(guest.run("bash", ["scripts/guest/director/lvs-watch"])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    return guest.read("run/metrics.prom");
  };
  beforeEach(() => {
    guest.write("lib/probe.sh", readFileSync("scripts/guest/director/probe.sh", "utf8"));
    guest.write("conf/checks.conf", line("rs1", 32) + line("rs2", 33));
    guest.command(
      "curl",
      'if grep -qFx "${*: -1}" "$GUEST/answering"; then echo -n 200; else echo -n "refused 000"; fi',
    );
    guest.write("answering", "https://172.16.0.32:80/readyz\n");
    configure("MANAGER=keepalived\n");
  });

  test("has nothing to say while the table is what real servers answer; connections are counted", () => {
    guest.write("connections/172.16.0.32:80", "5");
    const metrics = watch();
    expect(metrics).toContain('# TYPE lvs_real_server_up gauge\nlvs_real_server_up{service="web",server="rs');
    for (const sample of [
      'lvs_real_server_up{service="web",server="rs1"} 1',
      'lvs_real_server_up{service="web",server="rs2"} 0',
      'lvs_real_server_in_table{service="web",server="rs2"} 0',
      'lvs_connections_active{service="web",server="rs1"} 5',
      'lvs_table_agrees{service="web",server="rs1"} 1',
      'lvs_table_agrees{service="web",server="rs2"} 1',
    ])
      expect(metrics.split("\n")).toContain(sample);
    watch();
    expect(guest.read("journal")).toBe("");
  });

  test("tells the journal what is wrong twice running, once, and when it is over", () => {
    guest.write("answering", "https://172.16.0.33:80/readyz\n");
    expect(watch()).toContain('lvs_table_agrees{service="web",server="rs1"} 0');
    expect(guest.read("journal")).toBe("");
    watch();
    watch();
    const wrong = ["web: rs1 does not answer, and gets clients", "web: rs2 answers, and gets no clients"];
    expect(guest.lines("journal").toSorted()).toEqual(wrong);
    guest.write("answering", "https://172.16.0.32:80/readyz\n");
    watch();
    watch();
    expect(guest.lines("journal").slice(2).toSorted()).toEqual(wrong.map((one) => `no longer: ${one}`));
  });

  test("does not mind one that is to have no weight", () => {
    const idle = web[1].replace("-w 1", "-w 0");
    guest.configure({ rules: [web[0], idle], more: "MANAGER=keepalived\n" });
    guest.write("table", `${web[0]}\n${idle}\n`);
    expect(watch()).toContain('lvs_table_agrees{service="web",server="rs1"} 1');
    guest.configure({ rules: web, more: "MANAGER=keepalived\n" });
    expect(watch()).toContain('lvs_table_agrees{service="web",server="rs1"} 0');
  });

  test("does not mind one that is drained, or kept while it is not ready", () => {
    guest.command("curl", 'echo -n "* Connected to it\n502"');
    guest.write("run/health/web/rs1", "up 4 bad 1000 HTTP 502\n");
    expect(watch()).toContain('lvs_table_agrees{service="web",server="rs1"} 1');
    guest.command("curl", "echo -n 200");
    guest.write("conf/drained", "rs2\n");
    expect(watch()).toContain('lvs_table_agrees{service="web",server="rs2"} 1');
  });

  test.each([
    ["MASTER", held, "lvs_vrrp_master 1", "lvs_vip_held 3", "lvs_role_agrees 1"],
    ["BACKUP", held, "lvs_vrrp_master 0", "lvs_vip_held 3", "lvs_role_agrees 0"],
    ["BACKUP", "", "lvs_vrrp_master 0", "lvs_vip_held 0", "lvs_role_agrees 1"],
  ])("of a %s that holds %j", (word, ip, ...samples) => {
    configure();
    role(word);
    guest.write("ip", ip);
    expect(watch().split("\n")).toEqual(expect.arrayContaining(samples));
  });
});
