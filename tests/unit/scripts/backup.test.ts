/** lvs-backup: what it takes, keeps, tells, and refuses to keep. */
import { existsSync, readdirSync, renameSync, statSync, truncateSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { BackedUpSite } from "./backups";

let site: BackedUpSite;
beforeEach(() => (site = new BackedUpSite()));
afterEach(() => site.remove());

const names = (archive: string) =>
  spawnSync("bash", ["-c", `tar -xOf ${archive} wp-content.tar | tar -t`], { encoding: "utf8" }).stdout.split(
    "\n",
  );
const status = () => site.tool("lvs-backup", "status");

test("a backup is one file of root's alone, with what the site had at its moment", () => {
  const file = site.taken();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { stdout } = site.run("tar", ["-xOf", file, "manifest"]);
  expect(stdout.replace(/\d{4}-\S+Z/, "TIME").replace(/(Milliseconds) \d+/, "$1 N")).toBe(`format 1
stack dev
site http://172.16.0.40
time TIME
installed 2026-11-20 09:00:00
wordpress 6.1.9
databaseVersion 53496
mariadb 10.11
tables 12
posts 3
attachments 1
attachmentsWithoutFile 0
pausedMilliseconds N
`);
  expect(names(file)).toContain("wp-content/uploads/2026/11/cat.png");
  expect(readdirSync(site.path("data/backup")).filter((name) => name.startsWith(".work"))).toEqual([]);
});

test("what one left behind that was cut off with its machine goes with the next", () => {
  site.write("data/backup/.work.abc/wp-content.tar", "half\n");
  site.taken();
  expect(existsSync(site.path("data/backup/.work.abc"))).toBe(false);
});

test("what is still being written belongs to no row of the dump, and is left out", () => {
  site.command("mariadb-dump", `echo half >"$GUEST/${site.uploads}/late.png"; sleep 0.1; echo "-- dump"`);
  const file = site.taken();
  expect(names(file)).not.toContain("wp-content/uploads/2026/11/late.png");
  expect(existsSync(site.path(`${site.uploads}/late.png`))).toBe(true);
});

test("a file that goes while it is taken is in it, for its row is in the dump", () => {
  site.command("mariadb-dump", `sleep 0.5; rm "$GUEST/${site.uploads}/cat.png"; echo "-- dump"`);
  expect(names(site.taken())).toContain("wp-content/uploads/2026/11/cat.png");
});

test("a dump that fails, as when a table is altered meanwhile, is made once more", () => {
  site.command(
    "mariadb-dump",
    'echo x >>"$GUEST/dumps"; [[ "$(wc -l <"$GUEST/dumps")" -gt 1 ]] && echo "-- dump"',
  );
  site.taken();
  expect(site.lines("dumps")).toHaveLength(2);
});

test("a dump that fails three times is no backup, and status says so", () => {
  site.command("mariadb-dump", "exit 2");
  expect(site.tool("lvs-backup", "take").code).toBe(1);
  expect(site.kept()).toEqual([]);
  const { code, stdout } = status();
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/take failed \S+ the database could not be dumped/),
  ]);
});

test("one that does not restore to what the site had is not kept", () => {
  // The scratch database has lost a post.
  site.command(
    "gzip",
    'if [[ "$1" == -dc ]]; then sed -i "s/posts 3/posts 2/" "$GUEST/numbers"; fi; exec /usr/bin/gzip "$@"',
  );
  const { code, stderr } = site.tool("lvs-backup", "take");
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      /restores to tables 12, posts 2, attachments 1, and the site had tables 12, posts 3/,
    ),
  ]);
  expect(site.kept()).toEqual([]);
});

test("the newest are kept, and other files in the folder are nobody's to remove", () => {
  for (const day of ["01", "02"])
    renameSync(site.taken(), site.path(`data/backup/dev-202611${day}T000000Z.tar`));
  site.write("data/backup/staging-20261101T000000Z.tar", "another stack's\n");
  site.taken();
  expect(site.kept()).toHaveLength(2);
  expect(site.kept()[0]).toBe("dev-20261102T000000Z.tar");
  expect(readdirSync(site.path("data/backup"))).toContain("staging-20261101T000000Z.tar");
});

test("a kept one that was damaged is told, also when the next one is taken", () => {
  const file = site.taken();
  renameSync(file, site.path("data/backup/dev-20261101T000000Z.tar"));
  truncateSync(site.path("data/backup/dev-20261101T000000Z.tar"), 4000);
  expect(site.tool("lvs-backup", "check").code).toBe(1);
  expect(status().stdout).toMatch(/check failed \S+ dev-20261101T000000Z.tar is damaged: it ends too early/);
  expect(site.tool("lvs-backup", "take").code).toBe(1);
  expect(site.kept()).toHaveLength(2);
});

describe("status", () => {
  const hoursAgo = (hours: number) =>
    `${new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19)}Z`;

  test("of a site that is to have its first one is well", () => {
    site.write("data/backup/state", `since ${hoursAgo(0)}\n`);
    const { code, stdout } = status();
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^last none yet, restored for a check never, 0 kept/),
    ]);
  });

  test("wants attention once one is an hour late", () => {
    site.write("data/backup/state", `since ${hoursAgo(99)}\nbackup ${hoursAgo(49)} dev-x.tar\n`);
    const { code, stdout } = status();
    expect([code, stdout.split("\n")[1]]).toEqual([1, "overdue"]);
  });
});
