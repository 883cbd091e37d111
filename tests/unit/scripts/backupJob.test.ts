/** Backups as the NFS server's job lays them down, changes them, and takes them away. */
import { existsSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { RootedGuest } from "./guest";

let guest: RootedGuest;
const backups = ["backup-common.sh", "backup-snapshot.sh", "backup-remote.sh", "lvs-backup", "lvs-restore"];
const link = "etc/systemd/system/multi-user.target.wants/lvs-backup.timer";

function ask(directory = "/data/backup", remote = "", schedule = "daily"): void {
  guest.write(
    "job/backup.conf",
    `STACK=dev\nDIRECTORY=${directory}\nREMOTE=${remote}\nREMOTE_FOLDER=/srv\nREMOTE_PORT=22\n`,
  );
  guest.write("job/backup.cnf", "password=secret\n");
  guest.write("job/backup.ca.crt", "CA\n");
  guest.write("job/lvs-backup.timer", `[Timer]\nOnCalendar=${schedule}\n`);
}

beforeEach(() => {
  guest = new RootedGuest();
  guest.write("etc/lvs/director.conf", "");
  guest.write("data/wordpress/index.php", "");
  guest.command("mountpoint", "");
  guest.command("exportfs", "");
  guest.write("job/exports", "/data/wordpress 10.0.0.1(rw)\n");
  guest.write("job/nfs.conf", "[nfsd]\n");
  guest.send("lib.sh", "leaving.sh", "nfs-server/script.sh", "sync/push.sh", "backup/backup.sh");
  guest.manifest("nfs-server");
  guest.send(...backups.map((file) => `backup/${file}`));
});
afterEach(() => guest.remove());

const run = (env = {}) => guest.job(["1"], env);
const timerChanges = () => guest.changes().filter((line) => /timer|daemon-reload/.test(line));

test("the timer is linked and started once, and secrets are root's alone", () => {
  ask();
  expect(run()).toMatchObject({ code: 0, stdout: "changed\n" });
  expect(timerChanges()).toEqual(["systemctl start lvs-backup.timer"]);
  expect(lstatSync(guest.path(link)).isSymbolicLink()).toBe(true);
  expect(statSync(guest.path("etc/lvs/backup.cnf")).mode & 0o777).toBe(0o600);
  expect(statSync(guest.path("data/backup")).mode & 0o777).toBe(0o700);
  expect(guest.read("data/backup/state")).toMatch(/^since \d{4}-\d\d-\d\dT[\d:]{8}Z\n$/);
  expect(run()).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(timerChanges()).toEqual([]);
});

test("another schedule is read by systemd, and the backups' state stays", () => {
  ask();
  run();
  timerChanges();
  guest.write("data/backup/state", "since 2026-01-01T00:00:00Z\n");
  ask("/data/backup", "", "hourly");
  expect(run()).toMatchObject({ code: 0, stdout: "changed\n" });
  expect(timerChanges()).toEqual(["systemctl daemon-reload", "systemctl restart lvs-backup.timer"]);
  expect(guest.read("data/backup/state")).toBe("since 2026-01-01T00:00:00Z\n");
});

test("without backups nothing of them is left but what they made", () => {
  ask();
  run();
  timerChanges();
  guest.write("data/backup/dev-20261101T000000Z.tar", "kept\n");
  for (const name of ["backup.conf", "backup.cnf", "backup.ca.crt", "lvs-backup.timer"])
    rmSync(guest.path(`job/${name}`));
  expect(run()).toMatchObject({ code: 0, stdout: "changed\n" });
  expect(timerChanges()).toEqual(["systemctl stop lvs-backup.timer"]);
  expect(readdirSync(guest.path("etc/lvs"))).toEqual(["director.conf"]);
  expect(existsSync(guest.path(link))).toBe(false);
  expect(existsSync(guest.path("data/backup/dev-20261101T000000Z.tar"))).toBe(true);
  expect(run()).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
});

test("a folder that cannot be written is refused by name, each time until it can", () => {
  guest.write("data/occupied", "");
  ask("/data/occupied/backup");
  const message = `backup.directory: ${"/data/occupied/backup"} cannot be written: Not a directory\n`;
  expect(run()).toMatchObject({ code: 1, stderr: message });
  // lvs-apply tells the next run that the one before was cut off.
  expect(run({ LVS_UNFINISHED: "yes" })).toMatchObject({ code: 1, stderr: message });
});

test("a remote host is tried before anything is scheduled, and what it says is handed on", () => {
  ask("/data/backup", "backup@192.0.2.10");
  guest.write("job/backup.key", "key\n");
  guest.write("job/backup.known_hosts", "192.0.2.10 ssh-ed25519 AAAA\n");
  guest.command(
    "sftp",
    'cat >>"$GUEST/sftp"; echo "Host key verification failed." >&2; echo "Connection closed." >&2; exit 255',
  );
  expect(run()).toMatchObject({
    code: 1,
    stderr: "backup.remote: backup@192.0.2.10:/srv cannot be used: Host key verification failed.\n",
  });
  expect(timerChanges()).toEqual([]);
  expect(guest.lines("sftp")).toEqual([
    `put /etc/lvs/backup.known_hosts /srv/.lvs-dev`,
    "rename /srv/.lvs-dev /srv/.lvs-dev.new",
    "rm /srv/.lvs-dev.new",
  ]);
});
