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
    stderr: "lvs-reconcile: usage: lvs-reconcile --run|--check|--repair|--off [MINUTES]|--on|--help\n",
  });
});
