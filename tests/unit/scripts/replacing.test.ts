import { FakeDirector, web } from "./director";

let guest: FakeDirector;

const two = [...web, "-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 2"];
const edit = (host: number, weight: number) =>
  `ipvsadm -e -t 172.16.0.40:80 -r 172.16.0.${host}:80 -g -w ${weight}`;
const env = { LVS_REJOIN_SECONDS: "0" };

beforeEach(() => {
  guest = new FakeDirector();
  guest.command("sleep", 'echo "sleep $*" >>"$GUEST/log"');
  // The tests' own machine is not to be asked: `ready` says which endpoints answer.
  guest.command("timeout", 'grep -qxF "${@: -1}" "$GUEST/open" 2>/dev/null');
  guest.write("conf/ready", "172.16.0.32:80 tcp\n172.16.0.33:80 tcp\n");
  guest.settle({ rules: two });
});
afterEach(() => guest.remove());

const direct = (...args: string[]) =>
  guest.run("bash", ["scripts/guest/director/lvs-director", ...args], "", process.cwd(), env);
const opens = (...hosts: number[]) =>
  guest.write("open", hosts.map((host) => `: <'/dev/tcp/172.16.0.${host}/80'\n`).join(""));

test("a real server that leaves gets no new clients, and its connections are waited for", () => {
  guest.write("connections/172.16.0.32:80", "3");
  expect(direct("leave", "rs1")).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
  const told = guest.changes();
  expect(told[0]).toBe(edit(32, 0));
  expect(told.filter((line) => line === "sleep 1").length).toBeGreaterThan(0);
  expect(guest.lines("conf/leaving")).toEqual(["rs1"]);
  expect(direct("status").stdout).toContain("being replaced: rs1");
});

test("it has its weight back once it is ready again", () => {
  direct("leave", "rs1");
  guest.changes();
  expect(direct("rejoin")).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("rs1 is being replaced"),
  });
  opens(32);
  expect(direct("rejoin")).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
  expect(guest.changes().filter((line) => line.startsWith("ipvsadm"))).toEqual([edit(32, 1)]);
  expect(guest.lines("conf/leaving")).toEqual([]);
  expect(direct("rejoin").stdout).toBe("unchanged\n");
});

test("the next one leaves only when the one before is back", () => {
  direct("leave", "rs1");
  guest.changes();
  expect(direct("leave", "rs2").code).toBe(4);
  expect(guest.changes().filter((line) => line.startsWith("ipvsadm"))).toEqual([]);
  opens(32);
  expect(direct("leave", "rs2")).toMatchObject({ code: 0 });
  expect(guest.changes().filter((line) => line.startsWith("ipvsadm"))).toEqual([edit(32, 1), edit(33, 0)]);
  expect(guest.lines("conf/leaving")).toEqual(["rs2"]);
});

test("one that leaves twice is waited for again", () => {
  direct("leave", "rs1");
  guest.changes();
  guest.write("connections/172.16.0.32:80", "4");
  expect(direct("leave", "rs1")).toEqual({ code: 0, stdout: "unchanged\n", stderr: "" });
  expect(guest.changes()).toContain("sleep 1");
  expect(guest.lines("conf/leaving")).toEqual(["rs1"]);
});

test("the last one that gets clients stays", () => {
  direct("drain", "rs2");
  guest.changes();
  expect(direct("leave", "rs1")).toMatchObject({
    code: 4,
    stderr:
      "lvs-director: rs1 is the last real server that service -t 172.16.0.40:80 sends clients to; bring another one back first\n",
  });
  expect(guest.changes()).toEqual([]);
});

test("one that gets no clients may go", () => {
  direct("drain", "rs2");
  expect(direct("leave", "rs2").code).toBe(0);
  opens(33);
  expect(direct("rejoin").code).toBe(0);
  expect(guest.lines("table")).toContain("-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 0");
  expect(guest.lines("conf/drained")).toEqual(["rs2"]);
});

test("the only real server of a service goes, and its clients are told of", () => {
  guest.settle({ rules: web });
  expect(direct("leave", "rs1")).toMatchObject({
    code: 0,
    stderr:
      "lvs-director: rs1 is the only real server of service -t 172.16.0.40:80: its clients get no answer until it is back\n",
  });
});

test("one that the table does not have is nobody's", () => {
  guest.changes();
  expect(direct("leave", "rs9")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(guest.changes()).toEqual([]);
});

test("undrain brings one back that was to be replaced and was not", () => {
  direct("leave", "rs1");
  guest.changes();
  expect(direct("undrain", "rs1")).toEqual({ code: 0, stdout: "changed\n", stderr: "" });
  expect(guest.changes()).toEqual([edit(32, 1)]);
});

test("a director that is alone, or no master, just goes", () => {
  expect(direct("leave")).toEqual({ code: 0, stdout: "", stderr: "" });
  guest.configure({ rules: two, more: "PEER=172.16.0.30\n" });
  guest.write("run/vrrp/front", "BACKUP\n");
  expect(direct("leave")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("a master whose peer does not answer stays", () => {
  guest.configure({ rules: two, more: "PEER=172.16.0.30\n" });
  guest.write("run/vrrp/front", "MASTER\n");
  guest.command("ping", "exit 1");
  expect(direct("leave")).toMatchObject({
    code: 4,
    stderr: "lvs-director: 172.16.0.30 does not answer: it could not take over\n",
  });
});
