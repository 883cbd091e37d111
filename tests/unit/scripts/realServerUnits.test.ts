import { chmodSync, existsSync, lstatSync, readlinkSync } from "node:fs";
import { FakeGuest } from "./guest";

let guest: FakeGuest;

beforeEach(() => {
  guest = new FakeGuest();
  guest.write("wants/remote-fs.target", "");
  // Units are active as their names in a file say.
  guest.write(
    "bin/systemctl",
    `#!/usr/bin/env bash
touch "$GUEST/active"
if [[ "$1" == is-active ]]; then
  for unit in "\${@:2}"; do grep -qFx "$unit" "$GUEST/active" && echo active || echo inactive; done
  exit 3
fi
echo "systemctl $*" >>"$GUEST/log"
[[ "$1" != start ]] || printf '%s\\n' "\${@:2}" >>"$GUEST/active"
`,
  );
  chmodSync(guest.path("bin/systemctl"), 0o755);
});
afterEach(() => guest.remove());

/** Runs just `units`, each with a file of the same name that holds `content`; gives what systemd was told. */
function run(units: readonly string[], content = "one"): string[] {
  for (const unit of units) guest.write(`job/${unit}`, `${content}\n`);
  const line = (unit: string) => `${unit} ${guest.path(`etc/${unit}`)} 644 root:root ${unit} -\n`;
  guest.write("job/manifest", units.map(line).join(""));
  const script = `cd "$GUEST/job"
source "$OLDPWD/scripts/guest/lib.sh"
source "$OLDPWD/scripts/guest/real-server/units.sh"
wants="$GUEST/wants"
install_file() { ! same "$1" "$2" && mkdir -p "\${2%/*}" && cp "$1" "$2" && changed "$2"; }
lay_down_all_but
run_units`;
  expect(guest.run("bash", ["-c", script])).toEqual({ code: 0, stdout: "", stderr: "" });
  return guest.changes();
}

const echo = "lvs-echo@udp-7-172.16.0.40.service";

test("everything is enabled, and started by one systemctl", () => {
  expect(run(["nginx.service", echo])).toEqual([
    `systemctl start lvs-real-server.service nginx.service ${echo}`,
  ]);
  expect(readlinkSync(guest.path("wants/nginx.service"))).toBe("/lib/systemd/system/nginx.service");
  expect(readlinkSync(guest.path(`wants/${echo}`))).toMatch(/\/systemd\/system\/lvs-echo@\.service$/);
});

test("what runs and has not changed is left alone", () => {
  run(["nginx.service"]);
  expect(run(["nginx.service"])).toEqual([]);
});

test("what runs and has changed is reloaded, not started again", () => {
  run(["nginx.service", "vsftpd.service"], "one");
  expect(run(["nginx.service", "vsftpd.service"], "two")).toEqual([
    "systemctl reload-or-restart nginx.service vsftpd.service",
  ]);
});

test("systemd reads a timer again that has changed, before it is started again", () => {
  run(["lvs-cron.timer"], "one");
  expect(run(["lvs-cron.timer"], "two")).toEqual([
    "systemctl daemon-reload",
    "systemctl reload-or-restart lvs-cron.timer",
  ]);
});

test("what is enabled and does not run is started", () => {
  run(["nginx.service"]);
  guest.write("active", "lvs-real-server.service\n");
  expect(run(["nginx.service"])).toEqual(["systemctl start nginx.service"]);
});

test("what is not wanted any more is stopped, for the next boot too, and nothing else", () => {
  run(["nginx.service", "nginx-tree.service", "mariadb.service", echo, "lvs-cron.timer"]);
  const gone = `nginx-tree.service mariadb.service ${echo} lvs-cron.timer`;
  expect(run(["nginx.service"])).toEqual([`systemctl stop ${gone}`]);
  expect(existsSync(guest.path(`wants/${echo}`))).toBe(false);
  expect(() => lstatSync(guest.path("wants/mariadb.service"))).toThrow("ENOENT");
  expect(existsSync(guest.path("wants/remote-fs.target"))).toBe(true);
});
