/** A real server's mounts follow its job: what is wanted is there, what is not goes, and the site is without for a moment only. */
import { RootedGuest } from "./guest";

let guest: RootedGuest;
const code = "/srv/wordpress /wordpress none bind,ro,nofail 0 0";
const nfs = (from: string, to: string) => `10.0.0.4:${from} ${to} nfs4 hard,_netdev,nofail 0 0`;
const tree = nfs("/data/wordpress", "/wordpress");
const uploads = nfs("/data/uploads", "/wordpress/wp-content/uploads");

beforeEach(() => {
  guest = new RootedGuest();
  guest.send("lib.sh", "real-server/mounts.sh");
  // One file a mounted point.
  const name = 'name="${point//\\//-}"';
  guest.command("mountpoint", `point="$2"; ${name}; [[ -e "$GUEST/mounted$name" ]]`);
  guest.command(
    "mount",
    `point="\${*: -1}"; source="\${*: -2:1}"; ${name}
[[ ! -e "$GUEST/refused" || "$2" != nfs4 ]] || { rm "$GUEST/refused"; exit 32; }
touch "$GUEST/mounted$name"
echo "mount $source $point" >>"$GUEST/log"`,
  );
  guest.command(
    "umount",
    `point="\${*: -1}"; ${name}; rm -f "$GUEST/mounted$name"
echo "umount $*" >>"$GUEST/log"`,
  );
  guest.write(
    "job/script.sh",
    `source ./lib.sh
source ./mounts.sh
port_open() { [[ ! -e /away ]]; }
change_mounts
((\${#changes[@]} == 0)) || echo changed`,
  );
});
afterEach(() => guest.remove());

function run(...lines: string[]): string[] {
  guest.write("job/fstab", lines.map((line) => `${line}\n`).join(""));
  const { code: status, stderr } = guest.job();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(guest.lines("etc/fstab")).toEqual(lines);
  return guest.changes();
}

const restart = "systemctl try-restart php-fpm.service";

test("what is wanted is mounted once, code before what is inside it, and PHP left alone", () => {
  expect(run(code, uploads)).toEqual([
    "mount /srv/wordpress /run/lvs/staged/wordpress",
    "mount /run/lvs/staged/wordpress /wordpress",
    "umount /run/lvs/staged/wordpress",
    "mount 10.0.0.4:/data/uploads /wordpress/wp-content/uploads",
  ]);
  expect(run(code, uploads)).toEqual([]);
});

const staged = "/run/lvs/staged/wordpress";

test("from a tree to code and uploads: these are mounted elsewhere before the tree is let go", () => {
  run(tree);
  expect(run(code, uploads)).toEqual([
    `mount 10.0.0.4:/data/uploads ${staged}/wp-content/uploads`,
    "umount -l /wordpress",
    "mount /srv/wordpress /run/lvs/staged/wordpress",
    "mount /run/lvs/staged/wordpress /wordpress",
    "umount /run/lvs/staged/wordpress",
    `mount ${staged}/wp-content/uploads /wordpress/wp-content/uploads`,
    `umount ${staged}/wp-content/uploads`,
    restart,
  ]);
});

test("and back: what is inside goes before what it is in", () => {
  run(code, uploads);
  expect(run(tree)).toEqual([
    `mount 10.0.0.4:/data/wordpress ${staged}`,
    "umount -l /wordpress/wp-content/uploads",
    "umount -l /wordpress",
    `mount ${staged} /wordpress`,
    `umount ${staged}`,
    restart,
  ]);
});

test("nothing is let go while the NFS server does not export yet what is to come", () => {
  run(tree);
  guest.write("refused", "");
  expect(run(code, uploads).slice(0, 2)).toEqual([
    `mount 10.0.0.4:/data/uploads ${staged}/wp-content/uploads`,
    "umount -l /wordpress",
  ]);
});

test("a tree that is not wanted any more goes, by force where its server is gone", () => {
  run(tree);
  guest.write("away", "");
  expect(run()).toEqual(["umount -f -l /wordpress", restart]);
});

test("a change that was cut off is made by the next run", () => {
  run(tree);
  guest.write("job/fstab", `${code}\n${uploads}\n`);
  guest.command("mountpoint", "kill -9 $PPID");
  expect(guest.job().code).not.toBe(0);
  guest.command("mountpoint", `point="$2"; [[ -e "$GUEST/mounted\${point//\\//-}" ]]`);
  guest.changes();
  expect(run(code, uploads)).toEqual([
    `mount 10.0.0.4:/data/uploads ${staged}/wp-content/uploads`,
    "umount -l /wordpress",
    "mount /srv/wordpress /run/lvs/staged/wordpress",
    "mount /run/lvs/staged/wordpress /wordpress",
    "umount /run/lvs/staged/wordpress",
    `mount ${staged}/wp-content/uploads /wordpress/wp-content/uploads`,
    `umount ${staged}/wp-content/uploads`,
    restart,
  ]);
});
