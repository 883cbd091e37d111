import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import type { Ended } from "./guest";
import { FakeDirector, web } from "./director";

let guest: FakeDirector;

beforeEach(() => {
  guest = new FakeDirector();
  const me = `${userInfo().username}:${guest.run("id", ["-gn"]).stdout.trim()}`;
  // The job as it is sent, with the guest's folder in the place of / and seconds in the place of minutes.
  const moved = (path: string) =>
    readFileSync(`scripts/guest/${path}`, "utf8")
      .replaceAll("/usr/local/lib/lvs/", `${guest.path("lib")}/`)
      .replaceAll("/usr/local/sbin/", `${guest.path("bin")}/`)
      .replaceAll("/etc/lvs/", `${guest.path("conf")}/`)
      .replaceAll(" /etc/", ` ${guest.path("root")}/etc/`)
      .replaceAll('"/etc/', `"${guest.path("root")}/etc/`)
      .replaceAll("root:root", me)
      .replaceAll("wait_for 300", "wait_for 3");
  guest.write("job/lib.sh", moved("lib.sh"));
  guest.write("job/script.sh", moved("director/script.sh"));
  for (const path of ["lvs-common.sh", "director/ipvs-table.sh", "director/lvs-director"])
    guest.write(`job/${path.split("/").at(-1)!}`, readFileSync(`scripts/guest/${path}`, "utf8"));
  guest.write("job/modules.conf", "ip_vs\nip_vs_ftp\n");
  guest.write("job/sysctl.conf", "net.ipv4.vs.conntrack = 0\n");
  guest.write("job/director.conf", 'VIPS="172.16.0.40@eth0"\nTIMEOUTS="900 120 300"\nDRAIN_SECONDS=30\n');
  guest.write("job/lvs.nft", "");
  // Real servers answer whose URL is a line of "answering"; every question is a line of "asked".
  guest.command("curl", 'echo "$*" >>"$GUEST/asked"\ngrep -qFx "${*: -1}" "$GUEST/answering"');
  guest.command("sleep", "exec /bin/sleep 0.1");
});
afterEach(() => guest.remove());

function run(rules: readonly string[], ready: readonly string[] = []): Ended {
  guest.write("job/ipvs.rules", `${rules.join("\n")}\n`);
  guest.write("job/ready", ready.map((line) => `${line}\n`).join(""));
  return guest.run("bash", ["./script.sh"], "", guest.path("job"));
}

const http = (host: number) => `172.16.0.${host}:80 http://172.16.0.${host}:80/readyz www.example.org`;
const server = (host: number) => web[1]!.replace("32", String(host));

test("lays everything down, starts the unit, and says what changed", () => {
  const { code, stdout, stderr } = run(web);
  expect([code, stdout]).toEqual([0, "changed\n"]);
  const laidDown = stderr.split("\n").map((line) => line.replace(`${guest.folder}/`, ""));
  expect(laidDown).toEqual([
    "changed root/etc/modules-load.d/lvs.conf",
    "changed root/etc/sysctl.d/60-lvs.conf",
    "changed bin/lvs-director",
    "changed conf/director.conf",
    "changed conf/ipvs.rules",
    "changed conf/lvs.nft",
    "changed lvs-director.service enabled",
    "changed lvs-director.service started",
    "",
  ]);
  expect(guest.changes().slice(0, 3)).toEqual([
    "modprobe -a ip_vs ip_vs_ftp",
    `sysctl -q -p ${guest.path("root/etc/sysctl.d/60-lvs.conf")}`,
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
  const started = Date.now();
  const { code, stdout, stderr } = run([...web, server(33), server(34)], [http(32), http(33), http(34)]);
  expect(Date.now() - started).toBeLessThan(6000);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.split("\n").toSorted()).toEqual([
    "",
    "gave up waiting for: is_ready 172.16.0.32:80 http://172.16.0.32:80/readyz www.example.org",
    "gave up waiting for: is_ready 172.16.0.34:80 http://172.16.0.34:80/readyz www.example.org",
  ]);
  expect(guest.read("conf/ipvs.rules")).toBe("");
  expect(guest.read("table")).toBe("");
});

test("what cannot be asked is not waited for", () => {
  expect(run(web, ["172.16.0.32:80 none"]).code).toBe(0);
  expect(guest.read("asked")).toBe("");
});

test("a TCP port is asked by connecting to it", async () => {
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
  expect(run([...web, "-A -f 1 -s twos"], [http(33)])).toEqual({
    code: 1,
    stdout: "",
    stderr: "lvs-director: this kernel has no scheduler twos (ip_vs_twos)\n",
  });
  expect(guest.changes()).toEqual([]);
  expect(guest.lines("conf/ipvs.rules")).toEqual(web);
  expect(guest.read("asked")).toBe("");
});
