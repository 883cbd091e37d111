/** Web files pushed: by the real lsyncd to real rsync daemons, with a plain command in the place of ssh. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { resolveSite } from "../../settings/resolve";
import { lsyncdConf, rsyncdConf, sshConfig } from "../../templates/sync";
import { fstabLines } from "../../templates/realServer";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const site = resolveSite("dev", { wordpress: { shared: "uploads" }, sync: "lsyncd" });
const source = site.nfs!;
/** For files at `tree`: a daemon that root starts would be nobody, and on a real server it is not root's. */
const daemonConf = (tree: string) =>
  `uid = ${process.getuid!()}\ngid = ${process.getgid!()}\n${rsyncdConf(site).replace("/srv/wordpress", tree)}`;

/** What each real server has after lsyncd has run for a while during which `meanwhile` happens at the source, in bash. */
function push(name: string, meanwhile: string, seconds: number) {
  const root = folder.folder(name);
  const [master, ...servers] = ["data/wordpress", "rs1", "rs2"].map((path) =>
    folder.folder(`${name}/${path}`),
  );
  servers.forEach((tree, index) => folder.write(`${name}/rs${index + 1}.conf`, daemonConf(tree)));
  // rsync calls it as it would ssh: -F FILE HOST COMMAND. A real server with a file beside it named "away" is not there.
  const rsh = folder.write(
    `${name}/rsh`,
    `#!/bin/bash\n[[ ! -e ${root}/$3.away ]] || exit 255\nexec rsync --server --daemon --config=${root}/$3.conf .\n`,
    0o755,
  );
  const conf = lsyncdConf(site)
    .replaceAll("/data/wordpress/", `${master!}/`)
    .replaceAll("/usr/bin/ssh -F", `${rsh} -F`)
    .replace("/run/lsyncd/status", `${root}/status`);
  const script = `cd ${root}
mkdir -p ${servers.map((tree) => `${tree}/wp-content/uploads`).join(" ")}
for server in rs1 rs2; do echo own >$server/wp-config.php; echo picture >$server/wp-content/uploads/picture; echo stray >$server/stray; done
lsyncd -nodaemon ${folder.write(`${name}/lsyncd.conf.lua`, conf)} >log 2>&1 &
daemon=$!
cd ${master!}
${meanwhile}
sleep ${seconds}
kill $daemon; wait $daemon || true
cd ${root}
for server in rs1 rs2; do (cd $server; grep -r '' . | sort | sed "s|^./|$server |"); done`;
  return mustAsk("bash", ["-ec", script]).trimEnd().split("\n");
}

const own = (server: string) => [
  `${server} wp-config.php:own`,
  `${server} wp-content/uploads/picture:picture`,
];

describe("lsyncd", () => {
  test("makes real servers as the source is, from the start and at each change, but for what they have of their own", () => {
    const seen = push(
      "running",
      `mkdir code; echo one >code/changed; echo gone >deleted; echo theirs >wp-config.php
mkdir -p wp-content/uploads; echo none >wp-content/uploads/none
sleep 3; echo other >code/changed; rm deleted; mkdir -p a/b; echo new >a/b/made`,
      4,
    );
    const files = (server: string) => [
      `${server} a/b/made:new`,
      `${server} code/changed:other`,
      ...own(server),
    ];
    expect(seen).toEqual([...files("rs1"), ...files("rs2")]);
  }, 60_000);

  test("brings a real server up to date that was away from the start, and one that went away, and holds up no other", () => {
    const seen = push(
      "away",
      `echo one >changed; touch ../../rs1.away
sleep 3; touch ../../rs2.away; echo other >changed; echo new >made
sleep 3; rm ../../rs1.away
sleep 3; [ "$(cat ../../rs1/changed ../../rs2/changed | xargs)" = "other one" ]
rm ../../rs2.away`,
      4,
    );
    const files = (server: string) => [`${server} changed:other`, `${server} made:new`, ...own(server)];
    expect(seen).toEqual([...files("rs1"), ...files("rs2")]);
  }, 60_000);

  test("refuses a setting that it does not know", () => {
    const conf = folder.write("broken.lua", lsyncdConf(site).replace("timeout =", "timeuot ="));
    const { code, stdout, stderr } = ask("lsyncd", ["-nodaemon", conf]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('Parameter "rsync.timeuot" unknown');
  });
});

describe("the rsync of a real server", () => {
  const server = folder.write("rsyncd.conf", daemonConf(folder.folder("tree")));
  const rsh = folder.write("rsh", `#!/bin/sh\nexec rsync --server --daemon --config=${server} .\n`, 0o755);
  const rsync = (...args: string[]) => ask("rsync", ["-e", rsh, ...args]);

  test("lets nobody read, nor learn what there is", () => {
    folder.write("tree/secret", "");
    const { code, stderr } = rsync("rs1::files/", folder.folder("copy"));
    expect([code !== 0, stderr]).toEqual([true, expect.stringContaining("module is write only")]);
    expect(rsync("rs1::").stdout).toBe("");
  });

  test("lets nobody write outside its folder, nor what is the real server's own, nor for others to write", () => {
    const file = folder.write("new", "");
    rsync(file, "rs1::files/../up");
    expect(existsSync(`${folder.path}/up`)).toBe(false);
    expect(rsync(file, "rs1::files/wp-config.php").code).not.toBe(0);
    expect(rsync("-p", "--chmod=F666", file, "rs1::files/").code).toBe(0);
    expect(mustAsk("bash", ["-c", `stat -c %a ${folder.path}/tree/new`]).trim()).toBe("644");
  });
});

describe("sshd", () => {
  const inside = "mount -t tmpfs run /run\nmkdir /run/sshd";
  const overlay = "scripts/host/image/overlay/etc/ssh/sshd_config.d";
  const key = `${folder.path}/host_key`;
  beforeAll(() => {
    mustAsk("ssh-keygen", ["-qt", "ed25519", "-N", "", "-f", key]);
    for (const file of readdirSync(overlay))
      folder.write(
        `sshd.d/${file}`,
        readFileSync(`${overlay}/${file}`, "utf8").replace("/etc/ssh/ssh_host_ed25519_key", key),
      );
    folder.write("sshd_config", `Include ${folder.path}/sshd.d/*.conf\n`);
  });

  /** What sshd would do with a login, in its own words. */
  const settings = (user: string): Record<string, string[]> => {
    const args = ["-T", "-C", `user=${user},host=h,addr=172.16.0.34`, "-f", `${folder.path}/sshd_config`];
    const said: Record<string, string[]> = {};
    for (const line of mustAsk("sshd", args, { inside }).trim().split("\n")) {
      const [name, ...words] = line.split(" ");
      (said[name!] ??= []).push(words.join(" "));
    }
    return said;
  };

  test("runs rsync for the source, whatever it asks for, and opens nothing else", () => {
    expect(settings("deploy")).toMatchObject({
      forcecommand: ["rsync --server --daemon --config=/etc/lvs/rsyncd.conf ."],
      authorizedkeysfile: ["/etc/lvs/deploy.keys"],
      permittty: ["no"],
      passwordauthentication: ["no"],
    });
  });

  test("lets the operator in as before, and nobody else but the source's user", () => {
    expect(settings("ops")).toMatchObject({
      allowusers: ["deploy", "ops"],
      forcecommand: ["none"],
      permittty: ["yes"],
      authorizedkeysfile: [expect.stringContaining(".ssh/authorized_keys")],
    });
  });
});

test("ssh reads each real server's address, and everything else for all of them", () => {
  const path = folder.write("ssh_config", sshConfig(site, source));
  const lines = mustAsk("ssh", ["-F", path, "-G", "rs2"]).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "hostname 172.16.0.33",
      "user deploy",
      "hostkeyalias rs2",
      "identityfile /etc/lsyncd/key",
      "controlpath /run/lsyncd/rs2",
      "controlpersist 60",
      "serveraliveinterval 5",
    ]),
  );
});

test("code of a real server's own becomes the wordpress.mount that php-fpm waits for, and uploads come after it", () => {
  const out = folder.folder("units");
  mustAsk("systemd-fstab-generator", [out, out, out], {
    env: { SYSTEMD_FSTAB: folder.write("fstab", fstabLines(site, source)) },
  });
  const unit = (name: string) => readFileSync(`${out}/${name}`, "utf8").split("\n");
  expect(unit("wordpress.mount")).toEqual(
    expect.arrayContaining(["What=/srv/wordpress", "Where=/wordpress", "Options=bind,ro,nofail"]),
  );
  expect(unit("wordpress-wp\\x2dcontent-uploads.mount")).toEqual(
    expect.arrayContaining([
      "What=172.16.0.34:/data/uploads",
      "Where=/wordpress/wp-content/uploads",
      "Type=nfs4",
    ]),
  );
});
