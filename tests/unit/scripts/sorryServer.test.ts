import { existsSync, readdirSync, rmSync } from "node:fs";
import { RootedGuest } from "./guest";

let guest: RootedGuest;

beforeEach(() => {
  guest = new RootedGuest();
  guest.send("lib.sh", "real-server/units.sh", "sorry-server/script.sh", "lvs-common.sh");
  guest.manifest("sorry-server");
  const files =
    "sysctl.conf lvs-real-server real-server.conf real-server.nft nginx.conf sorry.html tls.crt tls.key";
  for (const file of files.split(" ")) guest.write(`job/${file}`, `${file}\n`);
  guest.command(
    "systemctl",
    `touch "$GUEST/active"
if [[ "$1" == is-active ]]; then
  for unit in "\${@:2}"; do grep -qFx "$unit" "$GUEST/active" && echo active || echo inactive; done
  exit 3
fi
echo "systemctl $*" >>"$GUEST/log"
[[ "$1" != start ]] || printf '%s\\n' "\${@:2}" >>"$GUEST/active"`,
  );
  guest.command("lvs-real-server", 'echo "lvs-real-server $*" >>"$GUEST/log"; echo unchanged');
  guest.write("etc/systemd/system/multi-user.target.wants/.keep", "");
});
afterEach(() => guest.remove());

const run = () => {
  const { code, stdout } = guest.job();
  expect(code).toBe(0);
  return stdout.trim();
};

test("a sorry server holds the VIPs as a real server does, and serves one page, over TLS too", () => {
  expect(run()).toBe("changed");
  expect(guest.changes()).toEqual(["systemctl start lvs-real-server.service nginx.service"]);
  expect(readdirSync(guest.path("etc/nginx")).toSorted()).toEqual(["nginx.conf", "tls.crt", "tls.key"]);
  expect(guest.read("usr/local/share/lvs/sorry/sorry.html")).toBe("sorry.html\n");
  expect(run()).toBe("unchanged");
  expect(guest.changes()).toEqual(["lvs-real-server start"]);
});

test("one whose site has no TLS any more keeps no key", () => {
  run();
  rmSync(guest.path("job/tls.key"));
  rmSync(guest.path("job/tls.crt"));
  guest.write("job/nginx.conf", "without\n");
  guest.changes();
  expect(run()).toBe("changed");
  expect(guest.changes()).toEqual(["systemctl reload-or-restart nginx.service", "lvs-real-server start"]);
  expect(existsSync(guest.path("etc/nginx/tls.key"))).toBe(false);
});
