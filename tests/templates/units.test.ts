import { cpSync, readFileSync, readdirSync } from "node:fs";
import { resolveSite } from "../../settings/resolve";
import { backupTimer } from "../../templates/backup";
import { cronTimer } from "../../templates/cron";
import { Folder, ask } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const hostUnits = "/lib/systemd/system";
const overlay = "scripts/host/image/overlay/etc/systemd/system";
const fromImage = (path: string) => readFileSync(`${overlay}/${path}`, "utf8");
const fromJob = (path: string) => readFileSync(`scripts/guest/${path}`, "utf8");
let roots = 0;

/** Lets systemd judge `unit` below a root of the test's own, in which the programs that it runs exist. */
function verify(unit: string, files: Readonly<Record<string, string>>, programs: readonly string[] = []) {
  roots += 1;
  const name = `root${roots}`;
  const units = folder.folder(`${name}${hostUnits}`);
  for (const target of readdirSync(hostUnits).filter((file) => file.endsWith(".target")))
    cpSync(`${hostUnits}/${target}`, `${units}/${target}`, { dereference: true });
  folder.folder(`${name}/usr/lib/systemd/system`);
  for (const [path, text] of Object.entries(files)) folder.write(`${name}/etc/systemd/system/${path}`, text);
  for (const program of programs) folder.write(`${name}${program}`, "#!/bin/sh\n", 0o755);
  const { code, stderr } = ask("systemd-analyze", [
    "verify",
    "--man=no",
    `--root=${folder.path}/${name}`,
    unit,
  ]);
  return { code, stderr };
}

test.each(["lvs-director", "lvs-real-server"] as const)("systemd takes %s.service", (command) => {
  const unit = `${command}.service`;
  expect(verify(unit, { [unit]: fromImage(unit) }, [`/usr/local/sbin/${command}`])).toEqual({
    code: 0,
    stderr: "",
  });
});

test("systemd takes lsyncd.service", () => {
  const files = { "lsyncd.service": fromImage("lsyncd.service") };
  expect(verify("lsyncd.service", files, ["/usr/bin/lsyncd"])).toEqual({ code: 0, stderr: "" });
});

test("systemd takes an instance of lvs-echo@.service, and asks for the program that it runs", () => {
  const files = { "lvs-echo@.service": fromImage("lvs-echo@.service") };
  const instance = "lvs-echo@udp-7007-172.16.0.40.service";
  expect(verify(instance, files, ["/usr/local/sbin/lvs-echo"])).toEqual({ code: 0, stderr: "" });
  expect(verify(instance, files).stderr).toContain("Command /usr/local/sbin/lvs-echo is not executable");
});

test("systemd takes nginx-tree.service", () => {
  const unit = "nginx-tree.service";
  expect(verify(unit, { [unit]: fromImage(unit) }, ["/usr/sbin/nginx", "/bin/kill"])).toEqual({
    code: 0,
    stderr: "",
  });
});

test("systemd takes wp-cron's timer with the turn of a real server, and its service", () => {
  const site = resolveSite("dev", {});
  const files = {
    "lvs-cron.timer": fromImage("lvs-cron.timer"),
    "lvs-cron.timer.d/interval.conf": cronTimer(site, site.realServers[0]),
    "lvs-cron.service": fromImage("lvs-cron.service"),
  };
  const programs = ["/usr/local/sbin/lvs-cron", "/usr/bin/php"];
  for (const unit of ["lvs-cron.timer", "lvs-cron.service"])
    expect(verify(unit, files, programs)).toEqual({ code: 0, stderr: "" });
});

test("systemd takes lvs-backup.service by its timer", () => {
  const files = {
    "lvs-backup.service": fromImage("lvs-backup.service"),
    "lvs-backup.timer": backupTimer({ schedule: "Mon..Fri 03:30", keep: 7, directory: "/data/backup" }),
  };
  expect(verify("lvs-backup.timer", files, ["/usr/local/sbin/lvs-backup"])).toEqual({ code: 0, stderr: "" });
  expect(verify("lvs-backup.service", files, ["/usr/local/sbin/lvs-backup"])).toEqual({
    code: 0,
    stderr: "",
  });
  expect(verify("lvs-backup.service", files).stderr).toContain(
    "Command /usr/local/sbin/lvs-backup is not executable",
  );
});

test("systemd refuses a unit with a setting that it does not know", () => {
  const text = fromImage("lvs-director.service").replace("After=", "Aftre=");
  const { stderr } = verify("broken.service", { "broken.service": text }, ["/usr/local/sbin/lvs-director"]);
  expect(stderr).toContain("Unknown key 'Aftre' in section [Unit]");
});

test.each<[string, string]>([
  ...[
    "php-fpm.service.d/after-tree.conf",
    "php-fpm.service.d/confined.conf",
    "nginx.service.d/confined.conf",
    "mariadb.service.d/quick-start.conf",
    "ssh.service.d/quick-start.conf",
    "systemd-networkd.service.d/after-credentials.conf",
    "systemd-udev-trigger.service.d/few-devices.conf",
  ].map((path): [string, string] => [path, fromImage(path)]),
  ["mariadb.service.d/replication.conf", fromJob("mysql-server/mariadb-replication.conf")],
])("systemd takes the drop-in %s", (path, text) => {
  const unit = path.split(".d/")[0]!;
  const base = { [unit]: "[Service]\nType=oneshot\nExecStart=/usr/bin/base\n" };
  const programs = ["base", "udevadm", "install"].map((name) => `/usr/bin/${name}`);
  expect(verify(unit, { ...base, [path]: text }, programs)).toEqual({ code: 0, stderr: "" });
  const { stderr } = verify(unit, { ...base, [path]: `${text}Nonsense=1\n` }, programs);
  expect(stderr).toContain("Unknown key 'Nonsense' in section");
});

test("what a database machine runs after each start of MariaDB comes after the image's drop-in, which empties the list", () => {
  expect(fromImage("mariadb.service.d/quick-start.conf")).toMatch(/^ExecStartPost=$/m);
  expect("replication.conf" > "quick-start.conf").toBe(true);
});
