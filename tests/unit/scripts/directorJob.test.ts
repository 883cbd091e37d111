import { existsSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { type Ended, RootedGuest, clock, directorParts } from "./guest";
import { web } from "./director";

let guest: RootedGuest;

beforeEach(() => {
  guest = new RootedGuest();
  guest.write("clock", clock(25));
  // Where commands of bin/ look.
  guest.write("etc/lvs/.keep", "");
  symlinkSync("etc/lvs", guest.path("conf"));
  guest.send("lib.sh", "lvs-common.sh", ...directorParts.map((name) => `director/${name}.sh`));
  guest.send("director/script.sh", "director/services.sh", "director/lvs-director");
  guest.manifest("director", "check-web");
  guest.write("job/modules.conf", "ip_vs\nip_vs_ftp\n");
  guest.write("job/sysctl.conf", "net.ipv4.vs.conntrack = 0\n");
  guest.write("job/director.conf", 'VIPS="172.16.0.40@eth0"\nTIMEOUTS="900 120 300"\nDRAIN_SECONDS=30\n');
  guest.write("job/lvs.nft", "");
  // Real servers answer whose URL is a line of "answering"; every question is a line of "asked".
  guest.command("curl", 'echo "$*" >>"$GUEST/asked"\ngrep -qFx "${*: -1}" "$GUEST/answering"');
  guest.command("sleep", "exec /bin/sleep 0.05");
  // Every port is open.
  guest.command("timeout", "exit 0");
});
afterEach(() => guest.remove());

function run(rules: readonly string[], ready: readonly string[] = [], env = {}): Ended {
  guest.write("job/ipvs.rules", `${rules.join("\n")}\n`);
  guest.write("job/ready", ready.map((line) => `${line}\n`).join(""));
  return guest.job([], { BASH_ENV: "/clock", ...env });
}

const http = (host: number) => `172.16.0.${host}:80 http://172.16.0.${host}:80/readyz www.example.org`;
const server = (host: number) => web[1].replace("32", String(host));

test("lays everything down, starts the unit, and says what changed", () => {
  const { code, stdout, stderr } = run(web);
  expect([code, stdout]).toEqual([0, "changed\n"]);
  expect(stderr.split("\n")).toEqual([
    ...["lvs-common", "ipvs-table", "drained", "manager", "drift", "pair", "ready", "replacing"].map(
      (part) => `changed /usr/local/lib/lvs/${part}.sh`,
    ),
    "changed /usr/local/sbin/lvs-director",
    "changed /etc/modules-load.d/lvs.conf",
    "changed /etc/sysctl.d/60-lvs.conf",
    "changed /etc/lvs/director.conf",
    "changed /etc/lvs/ipvs.rules",
    "changed /etc/lvs/lvs.nft",
    "changed /etc/lvs/ready",
    "changed lvs-director.service enabled",
    "changed lvs-director.service started",
    "",
  ]);
  expect(guest.changes().slice(0, 3)).toEqual([
    "modprobe -a ip_vs ip_vs_ftp",
    "sysctl -q -p /etc/sysctl.d/60-lvs.conf",
    "systemctl start lvs-director.service",
  ]);
  expect(guest.lines("table")).toEqual(web);
});

test("a second run changes and asks nothing", () => {
  guest.write("answering", "http://172.16.0.32:80/readyz\n");
  run(web, [http(32)]);
  guest.write("asked", "");
  guest.changes();
  expect(run(web, [http(32)])).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(guest.changes()).toEqual([]);
  expect(guest.read("asked")).toBe("");
});

test("who is drained follows the stack file where that says something new, and nobody else", () => {
  const [said, drained] = [() => guest.write("job/drained", "rs2\n"), () => guest.read("etc/lvs/drained")];
  said();
  run(web);
  expect(drained()).toBe("rs2\n");
  guest.write("etc/lvs/drained", "rs1\n");
  expect(run(web).stdout).toBe("unchanged\n");
  expect(drained()).toBe("rs1\n");
  expect(run(web, [], { LVS_UNFINISHED: "yes" }).stdout).toBe("changed\n");
  expect(drained()).toBe("rs1\n");
  guest.write("job/drained", "");
  expect(run(web).stdout).toBe("changed\n");
  expect(drained()).toBe("");
});

test("a list of who is drained that was cut off half way is laid down the next time", () => {
  guest.write("job/drained", "rs2\n");
  guest.write("etc/lvs/drained", "rs2\n");
  run(web);
  expect([guest.read("etc/lvs/drained"), guest.read("etc/lvs/drained.said")]).toEqual(["rs2\n", "rs2\n"]);
});

test("real servers that were replaced get clients again, once they are ready", () => {
  const rules = [web[0], web[1].replace("-w 1", "-w %rs1:1%"), server(33).replace("-w 1", "-w %rs2:1%")];
  run(rules);
  guest.write("etc/lvs/leaving", "rs1\n");
  guest.write("table", `${[web[0], web[1].replace("-w 1", "-w 0"), server(33)].join("\n")}\n`);
  guest.changes();
  guest.write("answering", "http://172.16.0.32:80/readyz\n");
  expect(run(rules, [http(32), http(33)])).toMatchObject({
    code: 0,
    stdout: "changed\n",
    stderr: expect.stringContaining("changed real servers that were replaced\n"),
  });
  expect(guest.lines("table").toSorted()).toEqual([...web, server(33)].toSorted());
  expect(guest.read("etc/lvs/leaving")).toBe("");
});

test("a real server is asked by its site's name until it is ready, and only then gets clients", () => {
  guest.command(
    "curl",
    'echo "$*" >>"$GUEST/asked"; cp "$GUEST/table" "$GUEST/table-then" 2>/dev/null || true; (($(wc -l <"$GUEST/asked") == 3))',
  );
  expect(run(web, [http(32)]).code).toBe(0);
  const question = "-kfsS -o /dev/null --max-time 10 -H Host: www.example.org http://172.16.0.32:80/readyz";
  expect(guest.lines("asked")).toEqual([question, question, question]);
  expect(guest.read("table-then")).toBe("");
  expect(guest.lines("table")).toEqual(web);
});

test("only new real servers are asked, though others do not answer", () => {
  guest.write("table", `${web.join("\n")}\n`);
  guest.write("answering", "http://172.16.0.33:80/readyz\n");
  expect(run([...web, server(33)], [http(32), http(33)]).code).toBe(0);
  expect(guest.lines("asked")).toHaveLength(1);
  expect(guest.lines("table")).toEqual([...web, server(33)]);
});

test("all are asked at once; one that never is ready ends the job before any rule is laid down", () => {
  guest.write("answering", "http://172.16.0.33:80/readyz\n");
  const { code, stdout, stderr } = run([...web, server(33), server(34)], [http(32), http(33), http(34)]);
  const asked = guest.lines("asked").map((line) => line.replace(/.*172\.16\.0\.(\d+):.*/, "$1"));
  expect(asked.indexOf("34")).toBeLessThan(asked.lastIndexOf("32"));
  expect(asked.indexOf("32")).toBeLessThan(asked.lastIndexOf("34"));
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.split("\n").toSorted()).toEqual([
    "",
    "gave up waiting for: is_ready 172.16.0.32:80 http://172.16.0.32:80/readyz www.example.org",
    "gave up waiting for: is_ready 172.16.0.34:80 http://172.16.0.34:80/readyz www.example.org",
  ]);
  expect(guest.read("etc/lvs/ipvs.rules")).toBe("");
  expect(guest.read("table")).toBe("");
});

test("what cannot be asked is not waited for", () => {
  expect(run(web, ["172.16.0.32:80 none"]).code).toBe(0);
  expect(guest.read("asked")).toBe("");
});

test("a TCP port is asked by connecting to it", async () => {
  guest.command("timeout", 'exec /usr/bin/timeout "$@"');
  const listening = createServer();
  await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
  const endpoint = `127.0.0.1:${(listening.address() as AddressInfo).port}`;
  expect(run(web, [`${endpoint} tcp`]).code).toBe(0);
  await new Promise((done) => listening.close(done));
  const { code, stderr } = run(web, [`${endpoint} tcp`]);
  expect([code, stderr]).toEqual([1, `gave up waiting for: is_ready ${endpoint} tcp \n`]);
});

test("an IPv6 address is connected to without its brackets", () => {
  guest.command("timeout", 'echo "$*" >>"$GUEST/asked"');
  expect(run(web, ["[fd00:16::20]:22 tcp"]).code).toBe(0);
  expect(guest.lines("asked")).toEqual(["10 bash -c : <'/dev/tcp/fd00:16::20/22'"]);
});

test("rules that the kernel cannot take are refused while the old ones are still laid down", () => {
  run(web);
  guest.changes();
  expect(run([...web, "-A -f 1 -s new"], [http(33)])).toEqual({
    code: 1,
    stdout: "",
    stderr: "lvs-director: this kernel has no scheduler new (ip_vs_new)\n",
  });
  expect(guest.changes()).toEqual([]);
  expect(guest.lines("etc/lvs/ipvs.rules")).toEqual(web);
  expect(guest.read("asked")).toBe("");
});

describe("who keeps the table", () => {
  const check = "web rs1 -t:172.16.0.40:80/172.16.0.32:80 http http://172.16.0.32:80/readyz - 200 2 3 1 -\n";
  const own = ["checks.conf", "keepalived.conf", "ldirectord.cf", "nginx.conf", "sorry.html", "check-web"];
  const conf = (manager: string) =>
    `VIPS="172.16.0.40@eth0"\nTIMEOUTS="900 120 300"\nDRAIN_SECONDS=30\nMANAGER=${manager}\n`;

  /** Lays a manager down, with the sorry page and an own check beside it, or none of all that. */
  function manage(manager: "ipvsadm" | "keepalived" | "ldirectord"): string[] {
    for (const file of own) rmSync(guest.path(`job/${file}`), { force: true });
    guest.write("job/director.conf", conf(manager));
    if (manager !== "ipvsadm") {
      guest.write("job/checks.conf", check);
      guest.write("job/nginx.conf", "# pages\n");
      guest.write("job/sorry.html", "<p>sorry\n");
      guest.write("job/check-web", "#!/bin/sh\n");
      const file = manager === "keepalived" ? "keepalived.conf" : "ldirectord.cf";
      guest.write(`job/${file}`, `# ${manager}\n`);
    }
    guest.send("director/lvs-check", "director/lvs-notify", "director/lvs-watch");
    if (manager === "ipvsadm")
      for (const name of ["lvs-check", "lvs-notify", "lvs-watch"]) rmSync(guest.path(`job/${name}`));
    const { code, stderr } = run(web);
    expect([code, stderr.split("\n").filter((line) => !/^changed |^$/.test(line))]).toEqual([0, []]);
    const second = run(web);
    expect(second).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
    return guest.changes().filter((line) => /^(systemctl|ipvsadm) /.test(line));
  }
  const enabled = () => readdirSync(guest.path("etc/systemd/system/multi-user.target.wants")).toSorted();

  beforeEach(() => {
    // keepalived and ldirectord fill the table as they start.
    guest.command(
      "systemctl",
      `/usual/systemctl "$@"
if [[ "$*" == "start keepalived.service" || "$*" == "start ldirectord.service" ]]; then cp "$GUEST/etc/lvs/ipvs.rules" "$GUEST/table"; fi`,
    );
  });

  test("changes hands with the table left as it is: one stops, the table is made right, the next starts", () => {
    expect(manage("ipvsadm")).toEqual([
      "systemctl start lvs-director.service",
      ...web.map((line) => `ipvsadm ${line}`),
    ]);
    expect(manage("keepalived")).toEqual([
      "systemctl start nginx.service",
      "systemctl start keepalived.service",
      "systemctl start lvs-watch.timer",
    ]);
    expect(enabled()).toEqual([
      "keepalived.service",
      "lvs-director.service",
      "lvs-watch.timer",
      "nginx.service",
    ]);
    expect(guest.read("etc/keepalived/keepalived.conf")).toBe("# keepalived\n");
    expect(manage("ldirectord")).toEqual([
      "systemctl stop keepalived.service",
      "systemctl start ldirectord.service",
    ]);
    expect(existsSync(guest.path("etc/keepalived/keepalived.conf"))).toBe(false);
    expect(manage("ipvsadm")).toEqual([
      "systemctl stop lvs-watch.timer",
      "systemctl stop ldirectord.service",
      "systemctl stop nginx.service",
    ]);
    expect(enabled()).toEqual(["lvs-director.service"]);
    for (const gone of [
      "etc/lvs/checks.conf",
      "usr/local/sbin/lvs-check",
      "usr/local/lib/lvs/checks/web",
      "etc/ha.d/ldirectord.cf",
    ])
      expect([gone, existsSync(guest.path(gone))]).toEqual([gone, false]);
    expect(guest.lines("table")).toEqual(web);
  });

  test("is told of a new sorry page's settings by a reload", () => {
    manage("keepalived");
    guest.write("job/nginx.conf", "# others\n");
    run(web);
    expect(guest.changes()).toEqual(["systemctl reload nginx.service"]);
  });

  test("a check that is new is there before its manager follows, one that is gone goes afterwards", () => {
    manage("keepalived");
    guest.write("job/checks.conf", check.replace("rs1", "rs2"));
    guest.write("job/keepalived.conf", "# others\n");
    guest.command("sleep", 'cp "$GUEST/etc/lvs/checks.conf" "$GUEST/checks-then"');
    guest.write("table", `${[...web, server(33)].join("\n")}\n`);
    guest.write("connections/172.16.0.33:80", "3");
    expect(run(web).code).toBe(0);
    expect(guest.read("checks-then")).toBe(check);
    expect(guest.read("etc/lvs/checks.conf")).toBe(check.replace("rs1", "rs2"));
  });

  test("a real server that is out of the table for its check's sake is not waited for", () => {
    guest.write("answering", "http://172.16.0.32:80/readyz\n");
    guest.write("job/checks.conf", check);
    run(web, [http(32)]);
    guest.write("table", `${web[0]}\n-a -t 172.16.0.40:80 -r 127.0.0.1:80 -g -w 1\n`);
    guest.write("answering", "");
    guest.write("asked", "");
    run(web, [http(32)]);
    expect(guest.read("asked")).toBe("");
  });
});
