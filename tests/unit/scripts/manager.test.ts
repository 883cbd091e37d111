import { FakeDirector, drainable, web } from "./director";

let guest: FakeDirector;

const server = (host: number, rest = "-g -w 1") => `-a -t 172.16.0.40:80 -r 172.16.0.${host}:80 ${rest}`;
const both = [...web, server(33)];

const keepalived = (weight32 = 1, weight33 = 1) => `virtual_server 172.16.0.40 80 {
  sorry_server 127.0.0.1 80
  real_server 172.16.0.32 80 {
    weight ${weight32}
  }
  real_server 172.16.0.33 80 {
    weight ${weight33}
  }
}
`;
const ldirectord = (weight32 = 1, weight33 = 1) => `virtual=172.16.0.40:80
    fallback=127.0.0.1:80 gate
    real=172.16.0.32:80 gate ${weight32} l:2 u:4
    real=172.16.0.33:80 masq ${weight33}
`;
const managers = [
  ["keepalived", "conf/keepalived.conf", "root/etc/keepalived/keepalived.conf", keepalived],
  ["ldirectord", "conf/ldirectord.cf", "root/etc/ha.d/ldirectord.cf", ldirectord],
] as const;

beforeEach(() => {
  guest = new FakeDirector();
  guest.command("sleep", 'echo "sleep $*" >>"$GUEST/log"');
});
afterEach(() => guest.remove());

function lay(manager: string, source: string, text: string, rules = both, more = ""): void {
  guest.write(source, drainable(text));
  guest.configure({ rules, more: `MANAGER=${manager}\n${more}` });
}
const run = (manager: string, table: readonly string[]) => {
  guest.write("active", `${manager}.service\n`);
  guest.write("table", `${table.join("\n")}\n`);
};
const start = () => guest.direct("start");
/** What the last checks of both real servers found. */
const health = (...states: readonly string[]) =>
  states.forEach((state, index) => {
    const line = `web rs${index + 1} -t:172.16.0.40:80/172.16.0.3${2 + index}:80 tcp 172.16.0.3${2 + index}:80 - - 2 3 1 - 18\n`;
    guest.write("conf/checks.conf", index === 0 ? line : guest.read("conf/checks.conf") + line);
    if (state !== "unknown") guest.write(`run/health/web/rs${index + 1}`, `${state} 0 ok 1000 \n`);
  });
const changed = { code: 0, stdout: "changed\n", stderr: "" };
const unchanged = { code: 0, stdout: "unchanged\n", stderr: "" };
/** What was changed, without ldirectord's reading of what it is to follow. */
const changes = () => guest.changes().filter((line) => !line.startsWith("ldirectord "));

describe.each(managers)("%s", (manager, source, final, text) => {
  test("gets its configuration before it starts, and an empty table to fill", () => {
    lay(manager, source, text());
    expect(start()).toEqual(changed);
    expect(guest.read(final)).toBe(text());
    expect(changes()).toEqual([]);
    expect(start()).toEqual(unchanged);
  });

  test("takes a table over that is right, but for who is not in it", () => {
    const gone = server(34);
    guest.write("table", `${[web[0], server(32, "-m -w 5"), gone].join("\n")}\n`);
    lay(manager, source, text());
    expect(start()).toEqual(changed);
    expect(guest.lines("table")).toEqual(web);
    expect(changes()).toEqual([
      `ipvsadm -e ${server(32).slice(3)}`,
      `ipvsadm -e ${server(34, "-g -w 0").slice(3)}`,
      "ipvsadm -d -t 172.16.0.40:80 -r 172.16.0.34:80",
    ]);
  });

  test("is reloaded, never restarted, when its configuration changed, once who goes is drained", () => {
    lay(manager, source, text());
    start();
    run(manager, [...both, server(34)]);
    guest.write("connections/172.16.0.34:80", "2");
    lay(manager, source, text(2));
    expect(start()).toEqual(changed);
    expect(changes()).toEqual([
      `ipvsadm -e ${server(34, "-g -w 0").slice(3)}`,
      "sleep 1",
      `systemctl kill -s HUP --kill-who=main ${manager}.service`,
    ]);
    expect(start()).toEqual(unchanged);
  });

  test("keeps what it took out, put in or made weightless itself", () => {
    lay(manager, source, text());
    start();
    health("down", "unknown");
    const sorry = "-a -t 172.16.0.40:80 -r 127.0.0.1:80 -g -w 1";
    run(manager, [web[0], server(32, "-g -w 0"), sorry]);
    expect(start()).toEqual(unchanged);
    expect(guest.lines("table")).toEqual([web[0], server(32, "-g -w 0"), sorry]);
  });

  test("keeps its old configuration when it refuses the new one", () => {
    lay(manager, source, text());
    start();
    run(manager, both);
    guest.changes();
    lay(manager, source, `${text()}nonsense\n`);
    const { code, stdout, stderr } = start();
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      new RegExp(`^lvs-director: ${manager} refuses its configuration: \\d+:nonsense\\n$`),
    );
    expect(guest.read(final)).toBe(text());
    expect(changes()).toEqual([]);
    expect(guest.direct("check").code).toBe(1);
  });

  test("sends a drained real server no new clients, and undrained ones again; unknown ones are refused", () => {
    lay(manager, source, text());
    start();
    run(manager, both);
    guest.changes();
    expect(guest.direct("drain", "rs2")).toEqual(changed);
    expect(guest.read(final)).toBe(text(1, 0));
    expect(changes()).toContain(`systemctl kill -s HUP --kill-who=main ${manager}.service`);
    expect(guest.lines("table")).toContain(server(33, "-g -w 0"));
    expect(guest.direct("drain", "rs2")).toEqual(unchanged);
    // Whatever the job lays down anew.
    lay(manager, source, text(3));
    start();
    expect(guest.read(final)).toBe(text(3, 0));
    expect(guest.direct("status").stdout).toContain("drained: rs2\n");
    expect(guest.direct("undrain", "rs2")).toEqual(changed);
    expect(guest.read(final)).toBe(text(3));
    expect(guest.direct("drain", "rs9")).toEqual({
      code: 2,
      stdout: "",
      stderr: "lvs-director: drain takes the name of a real server: rs1 rs2\n",
    });
  });

  describe("whose table somebody changed", () => {
    const sorry = "-a -t 172.16.0.40:80 -r 127.0.0.1:80 -g -w 1";
    beforeEach(() => {
      lay(manager, source, text());
      start();
      run(manager, both);
      guest.changes();
    });
    const empty = () => {
      expect(guest.direct("stop").code).toBe(0);
      guest.changes();
    };

    test("gets back the services, and the real servers that are well", () => {
      health("up", "down");
      empty();
      expect(guest.direct("status").stderr.split("\n").slice(0, 2)).toEqual([
        "lvs-director: -t 172.16.0.40:80 is not in the table",
        "lvs-director: -t 172.16.0.40:80 -r 172.16.0.32:80 is not in the table",
      ]);
      expect(start()).toEqual(changed);
      expect(changes()).toEqual([`ipvsadm ${web[0]}`, `ipvsadm ${web[1]}`]);
      expect(start()).toEqual(unchanged);
      expect(guest.direct("status").stderr).toBe("");
    });

    test("is restarted where no real server is well, for its sorry server", () => {
      health("down", "down");
      empty();
      expect(start()).toEqual(changed);
      expect(changes()).toEqual([`ipvsadm ${web[0]}`, `systemctl restart --no-block ${manager}.service`]);
    });

    test("gives a real server that is well its weight back, and takes one out that is not", () => {
      health("up", "down");
      guest.write("table", `${[web[0], server(32, "-g -w 0"), server(33), sorry].join("\n")}\n`);
      expect(guest.direct("status")).toMatchObject({
        code: 3,
        stderr: `lvs-director: -t 172.16.0.40:80 -r 172.16.0.32:80 is in the table as ${server(32, "-g -w 0")}, not as ${server(32)}
lvs-director: -t 172.16.0.40:80 -r 172.16.0.33:80 gets clients, although its check failed
`,
      });
      expect(start()).toEqual(changed);
      expect(guest.lines("table").toSorted()).toEqual([web[0], server(32), sorry].toSorted());
    });

    test("keeps the weight of one that is drained", () => {
      health("up", "up");
      guest.direct("drain", "rs2");
      guest.changes();
      expect(start()).toEqual(unchanged);
      expect(guest.lines("table")).toContain(server(33, "-g -w 0"));
      expect(guest.direct("status").code).toBe(0);
    });
  });

  test("is killed when it has begun no check for too long, and systemd starts it again", () => {
    lay(manager, source, text());
    start();
    run(manager, both);
    health("up", "up");
    const now = Math.floor(Date.now() / 1000);
    guest.write("run/beats/web", `${now}\n`);
    expect(start()).toEqual(unchanged);
    guest.write("run/beats/web", `${now - 60}\n`);
    guest.changes();
    expect(guest.direct("status").stderr).toBe(
      `lvs-director: no check of service web was begun for a while: ${manager} hangs\n`,
    );
    expect(start()).toEqual(changed);
    expect(changes()).toEqual([`systemctl kill -s KILL ${manager}.service`]);
    // It has time for its first checks.
    expect(guest.direct("status").stderr).toBe("");
  });

  test("that does not run is not well, and a repair gives it the configuration with which it can start", () => {
    lay(manager, source, text());
    start();
    guest.write("table", `${both.join("\n")}\n`);
    guest.write(final, "garbled\n");
    const notRunning = `lvs-director: ${manager} does not run\n`;
    expect(guest.direct("status")).toMatchObject({ code: 3, stderr: notRunning });
    expect(guest.direct("repair")).toEqual({ code: 3, stdout: "changed\n", stderr: notRunning });
    expect(guest.read(final)).toBe(text());
  });
});

test("a manager that does not follow within ten seconds fails the start, before a VIP brings clients", () => {
  lay("keepalived", "conf/keepalived.conf", keepalived());
  run("keepalived", []);
  guest.command("systemctl", 'echo "systemctl $*" >>"$GUEST/log"');
  const { code, stderr } = start();
  expect([code, stderr]).toEqual([
    1,
    "lvs-director: keepalived did not follow its new configuration within 10 s: service -t 172.16.0.40:80 is not there\n",
  ]);
});

test("the table itself is edited for a drained real server where nobody else keeps it, IPv6 too", () => {
  const six = [
    "-A -t [fd00:16::28]:80 -s rr",
    "-a -t [fd00:16::28]:80 -r [fd00:16::20]:80 -g -w 3",
    "-a -t [fd00:16::28]:80 -r [fd00:16::21]:80 -g -w 3",
  ];
  guest.settle({ rules: [...both, ...six] });
  guest.changes();
  expect(guest.direct("drain", "rs2")).toEqual(changed);
  expect(guest.changes()).toEqual([
    `ipvsadm -e ${server(33, "-g -w 0").slice(3)}`,
    "ipvsadm -e -t [fd00:16::28]:80 -r [fd00:16::21]:80 -g -w 0",
  ]);
  expect(start()).toEqual(unchanged);
  expect(guest.direct("undrain", "rs2")).toEqual(changed);
  expect(guest.lines("table").toSorted()).toEqual([...both, ...six].toSorted());
  expect(guest.read("conf/drained")).toBe("");
});

test.each([
  ["the only one of a service", ["-A -f 66 -6 -s rr", "-a -f 66 -6 -r [fd00:16::21]:0 -g -w 3"], "-f 66 -6"],
  ["one whose others have weight 0", [web[0], server(32, "-g -w 0"), server(33)], "-t 172.16.0.40:80"],
  ["one whose others are drained", both, "-t 172.16.0.40:80"],
])("the last real server of a service is not drained: %s", (what, rules, service) => {
  guest.settle({ rules });
  if (what.endsWith("drained")) guest.direct("drain", "rs1");
  const [kept, table] = [guest.read("conf/drained"), guest.lines("table")];
  expect(guest.direct("drain", "rs2")).toEqual({
    code: 4,
    stdout: "",
    stderr: `lvs-director: rs2 is the last real server that service ${service} has left; undrain another one first\n`,
  });
  expect([guest.read("conf/drained"), guest.lines("table")]).toEqual([kept, table]);
});

describe("adopt", () => {
  const check = (service: string, name: string, key: string) =>
    `${service} ${name} ${key} http http://172.16.0.32:80/readyz - 200 2 3 1 -\n`;

  beforeEach(() => {
    lay("keepalived", "conf/keepalived.conf", keepalived());
    guest.write(
      "conf/checks.conf",
      check("web", "rs1", "-t:172.16.0.40:80/172.16.0.32:80") +
        check("web", "rs2", "-t:172.16.0.40:80/172.16.0.33:80") +
        check("mark", "rs2", "-f:7:0/[fd00:16::21]:0"),
    );
  });
  const states = () =>
    ["web/rs1", "web/rs2", "mark/rs2"].map(
      (name) => /^up 0 seeded \d+ /.exec(guest.read(`run/health/${name}`)) !== null,
    );

  test("gives the manager time for its first checks", () => {
    guest.write("run/beats/web", "1000\n");
    expect(guest.direct("adopt").code).toBe(0);
    expect(guest.read("run/beats/web")).toBe("");
  });

  test("tells the protocols of one VIP and port apart", () => {
    const udp = "-a -u 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1";
    guest.write(
      "conf/checks.conf",
      check("dns", "rs1", "-u:172.16.0.40:80/172.16.0.32:80") + guest.read("conf/checks.conf"),
    );
    guest.write(
      "table",
      `${[...web, "-A -u 172.16.0.40:80 -s rr", udp.replace("-w 1", "-w 0")].join("\n")}\n`,
    );
    expect(guest.direct("adopt").code).toBe(0);
    expect(guest.changes()).toEqual(["ipvsadm -d -u 172.16.0.40:80 -r 172.16.0.32:80"]);
    expect(guest.read("run/health/dns/rs1")).toBe("");
    expect(guest.read("run/health/web/rs1")).toMatch(/^up 0 seeded /);
  });

  test("takes those in the table for up, and others for not yet asked", () => {
    guest.write("run/health/web/rs2", "up 0 ok 1000 \n");
    guest.write(
      "table",
      `${[...web, "-A -f 7 -6 -s rr", "-a -f 7 -6 -r [fd00:16::21]:0 -g -w 1"].join("\n")}\n`,
    );
    expect(guest.direct("adopt")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(states()).toEqual([true, false, true]);
    expect(guest.read("run/health/web/rs2")).toBe("");
  });

  test("takes one out that had no clients, and leaves one that is drained", () => {
    guest.write("table", `${[web[0], server(32, "-g -w 0"), server(33, "-g -w 0")].join("\n")}\n`);
    guest.write("conf/drained", "rs2\n");
    guest.direct("adopt");
    expect(guest.changes()).toEqual(["ipvsadm -d -t 172.16.0.40:80 -r 172.16.0.32:80"]);
    expect(states()).toEqual([false, true, false]);
  });
});
