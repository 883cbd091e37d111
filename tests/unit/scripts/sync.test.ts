/** Pushing and being pushed to: switched on, left alone, and switched off again. */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { FakeGuest } from "./guest";

let guest: FakeGuest;

beforeEach(() => {
  guest = new FakeGuest();
  const me = `${userInfo().username}:${guest.run("id", ["-gn"]).stdout.trim()}`;
  for (const path of ["lib.sh", "sync/push.sh", "sync/receive.sh", "source/script.sh"])
    guest.write(
      `job/${path.split("/").at(-1)!}`,
      readFileSync(`scripts/guest/${path}`, "utf8")
        .replace(/(?<!\w)\/(?=(etc|srv|data)\b)/g, `${guest.folder}/`)
        .replace(/root:root|deploy:deploy/g, me),
    );
  guest.write("etc/systemd/system/lsyncd.service", "");
  guest.write("etc/fstab", "");
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
  const { code, stdout, stderr } = guest.run("bash", ["-c", script], "", guest.path("job"));
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return { said: stdout.trim(), did: guest.changes() };
};
const unlink = (...files: string[]) => {
  for (const file of files) guest.run("rm", [guest.path(`job/${file}`)]);
};

describe("the source", () => {
  const sent = ["lsyncd.conf.lua", "ssh_config", "known_hosts", "real-servers", "key"];
  beforeEach(() => {
    for (const file of sent) guest.write(`job/${file}`, `${file}\n`);
    guest.write("job/master", `${guest.folder}/data/wordpress\n`);
  });
  const push = () => run("push_files");

  test("starts lsyncd once, with a mark among the files that says that all of them came", () => {
    expect(push()).toEqual({ said: "changed", did: ["systemctl start lsyncd.service"] });
    expect(guest.run("ls", ["-A", guest.path("data/wordpress")]).stdout).toBe(".pushed\n");
    expect(guest.run("stat", ["-c", "%a", guest.path("etc/lsyncd/key")]).stdout).toBe("600\n");
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
    expect(guest.run("ls", [guest.path("etc")]).stdout).not.toContain("lsyncd");
    expect(guest.run("ls", [guest.path("etc/systemd/system/multi-user.target.wants")]).stdout).toBe("");
    expect(push()).toEqual({ said: "unchanged", did: [] });
  });

  test("of a static site begins with one page, and leaves what became of it", () => {
    guest.write("job/index.html", "first\n");
    guest.write("job/master", `${guest.folder}/data/wwwroot\n`);
    guest.command("mountpoint", "");
    const script = () => guest.run("bash", ["./script.sh"], "", guest.path("job"));
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
    for (const file of sent) guest.write(`job/${file}`, `${file}\n`);
    guest.write("job/rsyncd.conf", `[files]\npath = ${guest.folder}/srv/wordpress\n`);
    guest.write("srv/wordpress/index.php", "");
    guest.write("srv/wordpress/wp-config.php", "");
    // Nobody here may give files away: whose they are is kept beside them.
    guest.write("owner", "root\n");
    guest.command(
      "stat",
      '[[ "$2" == %U && "$3" == */srv/* ]] && cat "$GUEST/owner" || exec /usr/bin/stat "$@"',
    );
    guest.command(
      "chown",
      `echo "\${1%:*}" >"$GUEST/owner"; shift; echo "chown \${*//$GUEST/}" >>"$GUEST/log"`,
    );
  });
  const receive = () => run("receive_files");

  test("gives its files to the source's user, but for its secrets, and lets it in; once", () => {
    expect(receive()).toEqual({
      said: "changed",
      did: ["chown deploy:deploy /srv/wordpress/index.php", "chown /srv/wordpress"],
    });
    expect(guest.read("owner")).toBe("deploy\n");
    expect(guest.read("etc/lvs/deploy.keys")).toBe("deploy.keys\n");
    expect(receive()).toEqual({ said: "unchanged", did: [] });
  });

  test("takes them back, and lets it in no more, when nothing is pushed any more", () => {
    receive();
    unlink(...sent);
    expect(receive()).toMatchObject({
      said: "changed",
      did: [expect.stringContaining("chown"), "chown /srv/wordpress"],
    });
    expect(guest.read("owner")).toBe("root\n");
    expect(guest.run("find", [guest.path("etc"), "-name", "deploy*", "-o", "-name", "rsyncd*"]).stdout).toBe(
      "",
    );
    expect(receive()).toEqual({ said: "unchanged", did: [] });
  });

  test("that was never pushed to has nothing to take back", () => {
    unlink(...sent);
    expect(receive()).toEqual({ said: "unchanged", did: [] });
  });
});
