/** Pushing and being pushed to: switched on, left alone, and switched off again. */
import { readdirSync, rmSync } from "node:fs";
import { RootedGuest } from "./guest";

let guest: RootedGuest;

beforeEach(() => {
  guest = new RootedGuest();
  guest.send("lib.sh", "sync/push.sh", "sync/receive.sh", "source/script.sh");
  guest.write("etc/systemd/system/lsyncd.service", "");
  // It stays as it was last said to be.
  guest.command(
    "systemctl",
    `unit="\${*: -1}"
case "$*" in *is-active*) [[ -e "$GUEST/active-$unit" ]] && exit 0 || exit 3 ;; esac
echo "systemctl $*" >>"$GUEST/log"
case "$1" in start | restart) touch "$GUEST/active-$unit" ;; stop) rm -f "$GUEST/active-$unit" ;; esac`,
  );
});
afterEach(() => guest.remove());

const run = (what: string) => {
  const script = `source ./lib.sh\nsource ./push.sh\nsource ./receive.sh\n${what}\nfinish`;
  const { code, stdout, stderr } = guest.run("bash", ["-c", script]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return { said: stdout.trim(), did: guest.changes() };
};
const unlink = (...files: string[]) => {
  for (const file of files) rmSync(guest.path(`job/${file}`));
};

describe("the source", () => {
  const sent = ["lsyncd.conf.lua", "ssh_config", "known_hosts", "key"];
  beforeEach(() => {
    guest.manifest("source");
    for (const file of sent) guest.write(`job/${file}`, `${file}\n`);
    guest.write("job/master", `/data/wordpress\n`);
  });
  const push = () => run("push_files");

  test("starts lsyncd once, with a mark among the files that says that all of them came", () => {
    expect(push()).toEqual({ said: "changed", did: ["systemctl start lsyncd.service"] });
    expect(readdirSync(guest.path("data/wordpress"))).toEqual([".pushed"]);
    expect(guest.stat("etc/lsyncd/key", "%a %U:%G")).toBe("600 deploy:deploy");
    expect(push()).toEqual({ said: "unchanged", did: [] });
  });

  test.each(sent)("compares everything again with another %s", (file) => {
    push();
    guest.write(`job/${file}`, "another\n");
    expect(push()).toEqual({ said: "changed", did: ["systemctl restart lsyncd.service"] });
  });

  test("pushes no more, for the next boot too, and keeps no key, when that is not wanted any more", () => {
    push();
    unlink(...sent, "master");
    expect(push()).toEqual({ said: "changed", did: ["systemctl stop lsyncd.service"] });
    expect(readdirSync(guest.path("etc/lsyncd"))).toEqual([]);
    expect(readdirSync(guest.path("etc/systemd/system/multi-user.target.wants"))).toEqual([]);
    expect(push()).toEqual({ said: "unchanged", did: [] });
  });

  test("of a static site begins with one page, and leaves what became of it", () => {
    guest.write("job/index.html", "first\n");
    guest.write("job/master", `/data/wwwroot\n`);
    guest.command("mountpoint", "");
    const script = () => guest.job();
    expect(script()).toMatchObject({ code: 0, stdout: "changed\n" });
    expect(guest.read("data/wwwroot/index.html")).toBe("first\n");
    guest.write("data/wwwroot/index.html", "mine\n");
    expect(script()).toMatchObject({ code: 0, stdout: "unchanged\n" });
    expect(guest.read("data/wwwroot/index.html")).toBe("mine\n");
  });
});

describe("a real server", () => {
  const sent = ["rsyncd.conf", "deploy.keys"];
  beforeEach(() => {
    guest.manifest("real-server");
    for (const file of sent) guest.write(`job/${file}`, `${file}\n`);
    guest.write("job/web-folder", "/srv/wordpress\n");
    guest.write("srv/wordpress/index.php", "");
    guest.write("srv/wordpress/wp-config.php", "");
    guest.write("job/wp-config.php", "");
  });
  /** Whose each is: the tree, a file of the site, and its secrets. */
  const owners = () =>
    ["srv/wordpress", "srv/wordpress/index.php", "srv/wordpress/wp-config.php"].map((name) =>
      guest.stat(name, "%U:%G"),
    );
  const receive = () => run("receive_files");

  test("gives its files to the source's user, but for its secrets, and lets it in; once", () => {
    expect(receive().said).toBe("changed");
    expect(owners()).toEqual(["deploy:deploy", "deploy:deploy", "root:root"]);
    expect(guest.read("etc/lvs/deploy.keys")).toBe("deploy.keys\n");
    expect(receive()).toEqual({ said: "unchanged", did: [] });
  });

  test("takes them back, and lets it in no more, when nothing is pushed any more", () => {
    receive();
    unlink(...sent);
    expect(receive().said).toBe("changed");
    expect(owners()).toEqual(["root:root", "root:root", "root:root"]);
    expect(readdirSync(guest.path("etc/lvs"))).toEqual([]);
    expect(receive()).toEqual({ said: "unchanged", did: [] });
  });

  test("that was never pushed to has nothing to take back", () => {
    unlink(...sent);
    expect(receive()).toEqual({ said: "unchanged", did: [] });
  });
});
