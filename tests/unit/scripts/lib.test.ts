import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { type Ended, RootedGuest } from "./guest";

let guest: RootedGuest;

beforeEach(() => {
  guest = new RootedGuest();
  guest.send("lib.sh");
  guest.manifest("client");
});
afterEach(() => guest.remove());

/** Runs `body` as a job's script. */
function job(body: string, env = {}): Ended {
  guest.write("job/script.sh", `source ./lib.sh\n${body}\n`);
  return guest.job([], env);
}

describe("install_file", () => {
  const install = (dest: string, mode = "640") =>
    job(`install_file new.conf ${dest} ${mode} root:mysql && echo acted\nfinish`);

  test("lays a file down where none was, with its mode, folders included", () => {
    guest.write("job/new.conf", "x = 1\n");
    const dest = "/etc/deep/x.conf";
    expect(install(dest)).toEqual({ code: 0, stdout: "acted\nchanged\n", stderr: `changed ${dest}\n` });
    expect(guest.read("etc/deep/x.conf")).toBe("x = 1\n");
    expect(guest.stat(dest, "%a %U:%G")).toBe("640 root:mysql");
    expect(readdirSync(guest.path("etc/deep"))).toEqual(["x.conf"]);
  });

  test("leaves a file alone that is as it should be", () => {
    guest.write("job/new.conf", "x = 1\n");
    install("/etc/x.conf");
    const { ino } = statSync(guest.path("etc/x.conf"));
    expect(install("/etc/x.conf")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    expect(statSync(guest.path("etc/x.conf")).ino).toBe(ino);
  });

  test.each([
    ["content", "x = 2\n", "640"],
    ["mode", "x = 1\n", "600"],
  ])("lays a file down again that differs in %s", (_what, content, mode) => {
    guest.write("job/new.conf", "x = 1\n");
    install("/etc/x.conf");
    guest.write("job/new.conf", content);
    expect(install("/etc/x.conf", mode).stdout).toBe("acted\nchanged\n");
    expect(guest.read("etc/x.conf")).toBe(content);
    expect(statSync(guest.path("etc/x.conf")).mode & 0o777).toBe(parseInt(mode, 8));
  });

  test("a file that cannot be installed fails the job", () => {
    const { code, stdout } = install("/etc/x.conf");
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
  });
});

describe("the manifest", () => {
  const own = "own.conf /etc/own.conf 600 root:mysql own.service -\n";
  const lasting = "page.html /srv/page.html 644 root:root - stays\n";
  beforeEach(() => {
    guest.write("job/manifest", own + lasting);
    guest.write("job/own.conf", "own\n");
    guest.write("job/page.html", "page\n");
  });
  const both =
    "lay_down page.html own.conf absent.conf && echo acted\necho units: ${changed_units[*]}\nfinish";

  test("says where files go, with which mode and owner, and which units read what has changed", () => {
    expect(job(both)).toEqual({
      code: 0,
      stdout: "acted\nunits: - own.service\nchanged\n",
      stderr: "changed /srv/page.html\nchanged /etc/own.conf\n",
    });
    expect(guest.stat("etc/own.conf", "%a %U:%G")).toBe("600 root:mysql");
    expect(job(both).stdout).toBe("units:\nunchanged\n");
    guest.write("job/own.conf", "other\n");
    expect(job(both).stdout).toBe("acted\nunits: own.service\nchanged\n");
  });

  test("a file of another owner or mode is installed again", () => {
    job(both);
    guest.run("chown", ["root:root", "/etc/own.conf"]);
    expect(job(both).stderr).toBe("changed /etc/own.conf\n");
    guest.run("chmod", ["644", "/etc/own.conf"]);
    expect(job(both).stderr).toBe("changed /etc/own.conf\n");
  });

  test("a file that the job has no longer is removed at the end, unless it stays", () => {
    job(both);
    rmSync(guest.path("job/own.conf"));
    rmSync(guest.path("job/page.html"));
    expect(job(both).stderr).toBe("changed /etc/own.conf removed\n");
    expect(existsSync(guest.path("etc/own.conf"))).toBe(false);
    expect(guest.read("srv/page.html")).toBe("page\n");
    expect(job(both).stdout).toBe("units:\nunchanged\n");
  });
});

describe("set_fstab", () => {
  const line = (point: string, options = "defaults") => `/dev/vdb ${point} ext4 ${options} 0 2`;
  const set = (text: string) => job(`set_fstab "${text}" && echo acted\nfinish`);

  test("adds a line once, and makes its mount point", () => {
    const wanted = line("/data");
    expect(set(wanted).stdout).toBe("acted\nchanged\n");
    expect(set(wanted)).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    expect(guest.lines("etc/fstab")).toEqual([wanted]);
    expect(existsSync(guest.path("data"))).toBe(true);
  });

  test("replaces the line of its mount point and keeps every other", () => {
    const other = line("/data/below");
    set(other);
    set(line("/data"));
    set(line("/data", "noatime"));
    expect(guest.lines("etc/fstab")).toEqual([other, line("/data", "noatime")]);
  });
});

describe("start_unit", () => {
  test("enables and starts a unit once", () => {
    const start = "start_unit nginx.service\nfinish";
    expect(job(start)).toEqual({
      code: 0,
      stdout: "changed\n",
      stderr: "changed nginx.service enabled\nchanged nginx.service started\n",
    });
    expect(guest.changes()).toEqual(["systemctl start nginx.service"]);
    expect(job(start)).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    expect(guest.changes()).toEqual([]);
  });

  test("starts a unit again that is enabled and stopped", () => {
    job("start_unit nginx.service");
    guest.write("active", "");
    guest.changes();
    expect(job("start_unit nginx.service\nfinish").stderr).toBe("changed nginx.service started\n");
    expect(guest.changes()).toEqual(["systemctl start nginx.service"]);
  });
});

describe("wait_for", () => {
  test("returns as soon as the command succeeds", () => {
    const started = Date.now();
    const flag = "/flag";
    expect(job(`(sleep 0.5; touch ${flag}) & wait_for 10 test -e ${flag}; echo there`).stdout).toBe(
      "there\n",
    );
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test("gives up after its time, says on what, and fails the job", () => {
    expect(job("wait_for 1 test -e /nowhere/at/all\necho never")).toEqual({
      code: 1,
      stdout: "",
      stderr: "gave up waiting for: test -e /nowhere/at/all\n",
    });
  });
});

test("a job ends with whether anything changed, and says what on standard error", () => {
  expect(job("finish")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(job("changed one; changed 'two words'; finish")).toEqual({
    code: 0,
    stdout: "changed\n",
    stderr: "changed one\nchanged two words\n",
  });
});

describe("a new firewall", () => {
  const firewall = (...sources: string[]) => {
    guest.write("job/firewall.nft", "table inet lvs_firewall\n");
    guest.write("job/ssh-sources", sources.map((source) => `${source}\n`).join(""));
  };
  const from = (address: string, env = {}) =>
    job("refuse_lockout\ntouch begun\nfinish", { SSH_CONNECTION: `${address} 4711 172.16.0.31 22`, ...env });
  /** nft as far as it is asked: an address is among others when it is written there itself. */
  beforeEach(() => {
    guest.command("unshare", `echo "asked $6: $7" >>"$GUEST/log"; [[ ", $7," == *", $5,"* ]]`);
  });

  test("that would shut out the session that lays it down is refused before anything is", () => {
    firewall("172.16.0.1", "10.0.0.0/8", "fd00::1");
    expect(from("192.0.2.7")).toEqual({
      code: 1,
      stdout: "",
      stderr:
        'managementCidrs would lock you out: your ssh comes from 192.0.2.7, and the new firewall lets nobody from there in at port 22. Nothing was laid down; write 192.0.2.7 there, or a network that it is in, or "false" as firewall\n',
    });
    expect(guest.changes()).toEqual(["asked ipv4_addr: 172.16.0.1, 10.0.0.0/8"]);
    expect(existsSync(guest.path("job/begun"))).toBe(false);
    expect(existsSync(guest.path("etc/nftables.conf"))).toBe(false);
  });

  test("leaves no mark of an unfinished job where it is refused, but that of one before", () => {
    firewall("172.16.0.1");
    guest.write("job/unfinished", "");
    expect(from("192.0.2.7", { LVS_UNFINISHED: "yes" }).code).toBe(1);
    expect(existsSync(guest.path("job/unfinished"))).toBe(true);
    expect(from("192.0.2.7").code).toBe(1);
    expect(existsSync(guest.path("job/unfinished"))).toBe(false);
  });

  const jobs = readdirSync("scripts/guest").filter((folder) =>
    existsSync(`scripts/guest/${folder}/script.sh`),
  );
  test.each(jobs)("is asked about before %s does anything", (folder) => {
    expect(readFileSync(`scripts/guest/${folder}/script.sh`, "utf8")).toMatch(
      /^(main\(\) \{\n( {2}local .*\n)? {2})?refuse_lockout$/m,
    );
  });

  test("is refused too when it has no ssh of the session's family at all", () => {
    firewall("172.16.0.1");
    expect(from("2001:db8::7")).toMatchObject({ code: 1, stdout: "" });
    expect(guest.changes()).toEqual([]);
  });

  test("that has ssh from where the session comes is loaded", () => {
    guest.command("unshare", `echo "asked $6: $7" >>"$GUEST/log"`);
    firewall("172.16.0.1", "fd00::1", "2001:db8::/64");
    expect(from("2001:db8::7").stdout).toBe("changed\n");
    expect(guest.changes()).toEqual(["asked ipv6_addr: fd00::1, 2001:db8::/64", "nft -f nftables.conf"]);
  });

  test("that names the session's own address is loaded without a question", () => {
    firewall("172.16.0.1", "fd00::1");
    expect(from("172.16.0.1").stdout).toBe("changed\n");
    expect(guest.changes()).toEqual(["nft -f nftables.conf"]);
  });

  test("finds its session through sudo, which keeps no word of it", () => {
    firewall("172.16.0.1");
    guest.write("job/script.sh", "source ./lib.sh\nrefuse_lockout\nfinish\n");
    const asSudo = "env -u SSH_CONNECTION bash -c 'bash ./script.sh; exit'; exit";
    const session = { SSH_CONNECTION: "192.0.2.7 4711 172.16.0.31 22" };
    const { code, stderr } = guest.run("bash", ["-c", asSudo], session);
    expect(code).toBe(1);
    expect(stderr).toContain("your ssh comes from 192.0.2.7,");
  });

  test("is asked about only while it is new, and not where there is no session", () => {
    firewall("172.16.0.1");
    expect(job("refuse_lockout\nfinish").stdout).toBe("changed\n");
    expect(from("192.0.2.7").stdout).toBe("unchanged\n");
    expect(guest.changes()).toEqual(["nft -f nftables.conf"]);
  });
});

describe("finish", () => {
  const wants = (unit: string) =>
    existsSync(guest.path(`etc/systemd/system/multi-user.target.wants/${unit}`));
  const firewall = (text: string) => guest.write("job/firewall.nft", `table inet lvs_firewall\n${text}\n`);

  test("loads a firewall once, now and for the next boot, and again when it changed", () => {
    firewall("one");
    expect(job("finish").stdout).toBe("changed\n");
    expect(guest.changes()).toEqual(["nft -f nftables.conf"]);
    expect(job("finish")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    firewall("two");
    expect(job("finish").stderr).toBe("changed /etc/nftables.conf\n");
    expect(guest.changes()).toEqual(["nft -f nftables.conf"]);
  });

  test("takes a firewall away that is not wanted any more", () => {
    firewall("one");
    job("finish");
    rmSync(guest.path("job/firewall.nft"));
    guest.changes();
    expect(job("finish").stdout).toBe("changed\n");
    expect(guest.changes()).toEqual(["nft delete table inet lvs_firewall"]);
    expect(wants("nftables.service")).toBe(false);
    expect(existsSync(guest.path("etc/nftables.conf"))).toBe(false);
    expect(job("finish").stdout).toBe("unchanged\n");
  });

  test("a firewall that nft refuses fails the job", () => {
    firewall("nonsense");
    expect(job("finish")).toMatchObject({ code: 1, stdout: "" });
  });

  test("lays name servers down in the place of any other", () => {
    const file = "/etc/resolv.conf";
    guest.write("etc/resolv.conf", "nameserver 192.0.2.1\n");
    guest.write("job/resolv.conf", "# none\n");
    expect(job("finish")).toMatchObject({ stdout: "changed\n", stderr: `changed ${file}\n` });
    expect(guest.read("etc/resolv.conf")).toBe("# none\n");
    expect(job("finish")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  });

  test("arms the timers of security updates, tells apt from where they come, and disarms them", () => {
    const timers = ["apt-daily.timer", "apt-daily-upgrade.timer"];
    guest.write("etc/os-release", 'VERSION_CODENAME="trixie"\n');
    guest.write("job/sources.list", "deb http://mirror/debian %SUITE% main\n");
    expect(job("finish").stdout).toBe("changed\n");
    expect(guest.read("etc/apt/sources.list")).toBe("deb http://mirror/debian trixie main\n");
    expect(guest.changes()).toEqual(timers.map((timer) => `systemctl start ${timer}`));
    expect(timers.map(wants)).toEqual([true, true]);
    expect(job("finish")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    rmSync(guest.path("job/sources.list"));
    guest.changes();
    expect(job("finish").stdout).toBe("changed\n");
    expect(guest.changes()).toEqual(timers.map((timer) => `systemctl stop ${timer}`));
    expect(timers.map(wants)).toEqual([false, false]);
  });
});
