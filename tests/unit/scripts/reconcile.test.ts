import { mkdirSync, symlinkSync } from "node:fs";
import { FakeGuest, guestScript } from "./guest";

let guest: FakeGuest;

beforeEach(() => {
  guest = new FakeGuest();
  guest.write("lib/look.sh", guestScript("reconcile/look.sh"));
  guest.write("conf/real-server.conf", "VIPS=\n");
  guest.write("kept/.lock", "");
  guest.write("run/.keep", "");
  guest.command("unshare", "exit 1");
  guest.command("lvs-apply", 'echo "lvs-apply $*" >>"$GUEST/log"');
});
afterEach(() => guest.remove());

/** What lvs-real-server reports until it is started. */
const loses = (...what: readonly string[]) => {
  guest.write("lost", what.map((line) => `${line}\n`).join(""));
  guest.command(
    "lvs-real-server",
    `if [[ "$1" == start ]]; then echo "lvs-real-server start" >>"$GUEST/log"; : >"$GUEST/lost"; exit; fi
while IFS= read -r line; do echo "lvs-real-server: $line" >&2; done <"$GUEST/lost"`,
  );
};

const reconcile = (...args: readonly string[]) =>
  guest.run("bash", ["scripts/guest/reconcile/lvs-reconcile", ...args], "", undefined, {
    LVS_KEPT: guest.path("kept"),
  });
/** Runs the loop until `ended`, a bash command, is true, for 15 s at most. Gives what was called to repair. */
const runUntil = (ended: string, before = ""): string[] => {
  const loop = `${before}bash scripts/guest/reconcile/lvs-reconcile --run & pid=$!
for ((tries = 0; tries < 75; tries++)); do ! { ${ended}; } || break; sleep 0.2; done
kill "$pid"`;
  const env = { LVS_KEPT: guest.path("kept") };
  expect(guest.run("bash", ["-c", loop], "", undefined, env).code).toBe(0);
  return guest.changes().filter((line) => line.startsWith("lvs-"));
};
/** The metrics come after the repairs of a look. */
const untilRepaired = 'grep -qs "^lvs_repairs_total [1-9]" "$GUEST/run/reconcile.prom"';
/** Long enough for two looks. */
const forAWhile = "((tries == 20))";
const journal = () => guest.lines("journal");

test("a difference is repaired at the second look, with one line in the journal", () => {
  loses("VIP 172.16.0.40@lo is not held", "ARP is not quiet about the VIPs");
  expect(runUntil(untilRepaired)).toEqual(["lvs-real-server start"]);
  expect(journal()).toEqual([
    "repaired: VIP 172.16.0.40@lo is not held",
    "repaired: ARP is not quiet about the VIPs",
  ]);
  expect(guest.read("run/repaired")).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:]+Z repaired: VIP 172\.16\.0\.40@lo is not held\n/,
  );
  expect(guest.read("run/reconcile.prom")).toContain("lvs_repairs_total 2\n");
});

const replica = (sqlRuns: string, errno: number, error: string) => {
  guest.write("lib/mysql-state.sh", guestScript("mysql-server/mysql-state.sh"));
  guest.write("conf/mysql.conf", "ROLE=replica\nPEER=172.16.0.35\n");
  const fields = {
    Master_Host: "172.16.0.35",
    Slave_SQL_Running: sqlRuns,
    Last_IO_Errno: errno,
    Last_IO_Error: error,
  };
  const text = Object.entries(fields).map(([key, value]) => `  ${key}: ${value}\n`);
  guest.write("slave", text.join(""));
  guest.command("mariadb", 'cat "$GUEST/slave"');
};

test("a replica that cannot go on is told, and left to a job", () => {
  loses();
  const error = "Got fatal error 1236 from master: the binlog does not have it";
  replica("Yes", 1236, error);
  expect(reconcile("--check").stdout).toContain(`differs: replication cannot go on: ${error}\n`);
  reconcile("--repair");
  expect(guest.changes()).toContain("lvs-apply --again");
});

test("a replica whose primary is silent goes on by itself", () => {
  loses();
  replica("Yes", 2003, "error connecting to master");
  expect(reconcile("--check")).toMatchObject({ code: 0 });
});

test("names with brackets are looked up as they are", () => {
  loses("-t [fd00:16::28]:80 -r [fd00:16::20]:80 is not in the table");
  expect(runUntil(untilRepaired)).toEqual(["lvs-real-server start"]);
  expect(journal()).toEqual(["repaired: -t [fd00:16::28]:80 -r [fd00:16::20]:80 is not in the table"]);
});

test("nothing is repaired while a job runs", () => {
  loses("VIP 172.16.0.40@lo is not held");
  expect(runUntil(forAWhile, `exec 7>>"${guest.path("kept/.lock")}"; flock 7; `)).toEqual([]);
});

test("nothing is repaired while repairs are off, and --check says for how long", () => {
  loses("VIP 172.16.0.40@lo is not held");
  expect(reconcile("--off", "30")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(runUntil(forAWhile)).toEqual([]);
  const { code, stdout } = reconcile("--check");
  expect(code).toBe(1);
  expect(stdout).toContain("differs: VIP 172.16.0.40@lo is not held\n");
  expect(stdout).toContain("off: for 30 minutes more\n");
  expect(reconcile("--on").code).toBe(0);
  expect(runUntil(untilRepaired)).toEqual(["lvs-real-server start"]);
});

test("a person's --off and the holds of programs do not end each other", () => {
  const off = () => /^off: .*$/m.exec(reconcile("--check").stdout)?.[0];
  loses();
  reconcile("--off", "30");
  reconcile("--hold", "health:web", "50");
  reconcile("--hold", "restore");
  expect(off()).toBe("off: for 50 minutes more");
  reconcile("--release", "health:web");
  expect(off()).toBe("off: for 30 minutes more");
  reconcile("--on");
  expect(off()).toBe("off: for 15 minutes more");
  reconcile("--release", "restore");
  expect(off()).toBeUndefined();
  expect(reconcile("--hold", "../off")).toMatchObject({ code: 2 });
});

test("--check says that a job runs, and takes no file of it for changed", () => {
  loses();
  guest.write("kept/director/unfinished", "");
  guest.write("kept/director/lib.sh", "listed=()\n");
  expect(reconcile("--check").stdout).toBe("differs: a job was cut off: director\n");
  const env = { LVS_KEPT: guest.path("kept") };
  const script = `exec 7>>"$LVS_KEPT/.lock"; flock 7; bash scripts/guest/reconcile/lvs-reconcile --check`;
  expect(guest.run("bash", ["-c", script], "", undefined, env).stdout).toBe("differs: a job runs\n");
});

test("what the kernel tells of is looked at, without waiting for files to change", () => {
  guest.command(
    "nft",
    '[[ "$1" == monitor ]] || exit 1; until [[ -e "$GUEST/now" ]]; do sleep 0.2; done; echo new',
  );
  guest.command("ip", "sleep 20");
  loses();
  const seen = 'grep -qs "^lvs_reconcile_differences 1" "$GUEST/run/reconcile.prom"';
  const late = `((tries < 30)) || { [[ -e "$GUEST/now" ]] || { echo late >"$GUEST/lost"; : >"$GUEST/now"; }; }; ${seen}`;
  expect(runUntil(late)).toEqual([]);
});

describe("a route of the main table", () => {
  const routes = (...lines: string[]) => {
    guest.write("conf/addresses", "route4 default via 172.16.0.1 dev eth0\n");
    guest.command(
      "ip",
      `[[ "$*" != "route show table all" ]] || printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")}`,
    );
    loses();
    return reconcile("--check").stdout;
  };

  test("is there", () => expect(routes("default via 172.16.0.1 dev eth0 proto static ")).toBe(""));

  test("is gone, although another table has the same", () =>
    expect(routes("default via 172.16.0.1 dev eth0 table 101 proto static ")).toBe(
      "differs: route default via 172.16.0.1 dev eth0 is gone\n",
    ));
});

describe("on a director", () => {
  beforeEach(() => {
    // The tests' own machine holds it.
    guest.write("conf/director.conf", "VIPS=127.0.0.1@lo\nFLOATING=192.0.2.1@lo\n");
    guest.command("lvs-director", '[[ "$1" == status ]] || echo "lvs-director $*" >>"$GUEST/log"');
    loses();
  });

  test("another machine that answers for a VIP is told, until it stops", () => {
    guest.command("arping", 'echo "Unicast reply from ${*: -1} [52:54:AC:10:00:20]  1.8ms"; exit 1');
    expect(reconcile("--check").stdout).toBe(
      "differs: another machine, 52:54:ac:10:00:20, answers for VIP 127.0.0.1\n",
    );
    guest.command("arping", "");
    expect(reconcile("--check").stdout).toBe("");
  });

  test("a manager that does not run differs, unless a person masked it", () => {
    guest.command("lvs-director", 'echo "lvs-director: keepalived does not run" >&2');
    expect(reconcile("--check").stdout).toBe("differs: keepalived does not run\n");
    mkdirSync(guest.path("root/etc/systemd/system"), { recursive: true });
    symlinkSync("/dev/null", guest.path("root/etc/systemd/system/keepalived.service"));
    expect(reconcile("--check").stdout).toBe("");
  });

  test("--repair repairs without draining anybody", () => {
    guest.command(
      "lvs-director",
      '[[ "$1" == status ]] || { echo "lvs-director $*" >>"$GUEST/log"; : >"$GUEST/well"; exit; }; [[ -e "$GUEST/well" ]] || echo "lvs-director: VIP 127.0.0.1 is not held" >&2',
    );
    expect(reconcile("--repair")).toMatchObject({ code: 0 });
    expect(guest.changes().filter((line) => line.startsWith("lvs-"))).toEqual(["lvs-director repair"]);
  });
});

test("--repair repairs at once, also while repairs are off, and says that nothing differs", () => {
  loses("VIP 172.16.0.40@lo is not held");
  reconcile("--off");
  const { code, stdout } = reconcile("--repair");
  expect([code, stdout.includes("differs:")]).toEqual([0, false]);
  expect(guest.changes().filter((line) => line.startsWith("lvs-"))).toEqual(["lvs-real-server start"]);
});

test("a repair that fails is told once, and tried again", () => {
  guest.command("lvs-real-server", 'echo "lvs-real-server: tunl0 is not open" >&2; exit 3');
  runUntil(untilRepaired);
  expect(journal()).toEqual(["could not repair: tunl0 is not open"]);
});

test.each(["soon", "-5"])("--off %j is refused", (word) => {
  const { code, stderr } = reconcile("--off", word);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^lvs-reconcile: --off takes a number of minutes, not /);
});

test("an unknown word is answered with the usage", () => {
  expect(reconcile("--rnu")).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "lvs-reconcile: usage: lvs-reconcile --run|--check|--repair|--off [MINUTES]|--on|--hold NAME [MINUTES]|--release NAME|--help\n",
  });
});
