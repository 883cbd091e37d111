import { FakeDirector, web } from "./director";

let guest: FakeDirector;

beforeEach(() => {
  guest = new FakeDirector();
});
afterEach(() => guest.remove());

const nft = "table inet lvs\ndelete table inet lvs\ntable inet lvs {\n}\n";
const both = "172.16.0.40@eth0 fd00:16::28@eth0";

test("a first start sets timeouts, table and marks before the VIPs, which it announces", () => {
  expect(guest.settle({ rules: web, vips: both, timeouts: "600 60 300", nft })).toEqual([
    "ipvsadm --set 600 60 300",
    ...web.map((line) => `ipvsadm ${line}`),
    "nft -f lvs.nft",
    "ip address replace 172.16.0.40/32 dev eth0",
    "ip address replace fd00:16::28/128 dev eth0 nodad preferred_lft 0",
    "arping -q -U -c 2 -w 1 -I eth0 172.16.0.40",
  ]);
  expect(guest.lines("ip")).toEqual(["address 172.16.0.40/32 eth0", "address fd00:16::28/128 eth0"]);
});

describe("VIPs", () => {
  const settle = (vips: string) => guest.settle({ rules: web, vips });

  test("a further one is taken, each on its device, and the first is left alone", () => {
    settle("172.16.0.40@eth0");
    expect(settle("172.16.0.40@eth0 10.0.0.40@eth1")).toEqual([
      "ip address replace 10.0.0.40/32 dev eth1",
      "arping -q -U -c 2 -w 1 -I eth1 10.0.0.40",
    ]);
  });

  test("one that somebody took away comes back", () => {
    settle(both);
    guest.run("ip", "address del fd00:16::28/128 dev eth0".split(" "));
    guest.changes();
    expect(guest.direct("start").stdout).toBe("changed\n");
    expect(guest.changes()).toEqual(["ip address replace fd00:16::28/128 dev eth0 nodad preferred_lft 0"]);
  });

  test("one that moves to another device leaves the first", () => {
    settle("172.16.0.40@eth0");
    expect(settle("172.16.0.40@eth1")).toContain("ip address del 172.16.0.40/32 dev eth0");
    expect(guest.lines("ip")).toEqual(["address 172.16.0.40/32 eth1"]);
  });

  test("those that are wanted no more are given up, and the machine's own addresses are kept", () => {
    settle(both);
    expect(settle("")).toEqual([
      "ip address del 172.16.0.40/32 dev eth0",
      "ip address del fd00:16::28/128 dev eth0",
    ]);
  });

  test("what other devices hold is none of its business", () => {
    guest.write("ip", "address 10.8.0.1/32 wg0\naddress 10.9.0.1/32 lo\n");
    settle("172.16.0.40@eth0");
    settle("");
    expect(guest.lines("ip")).toEqual(["address 10.8.0.1/32 wg0", "address 10.9.0.1/32 lo"]);
  });
});

test("timeouts are set when they differ", () => {
  guest.settle({ rules: web });
  expect(guest.settle({ rules: web, timeouts: "60 30 10" })).toEqual(["ipvsadm --set 60 30 10"]);
});

describe("the nftables script", () => {
  test("is loaded again when it changed", () => {
    guest.settle({ rules: web, nft });
    expect(guest.settle({ rules: web, nft: `${nft}# changed\n` })).toEqual(["nft -f lvs.nft"]);
    expect(guest.read("nft/lvs")).toBe(`${nft}# changed\n`);
  });

  test("is loaded again when somebody deleted its table", () => {
    guest.settle({ rules: web, nft });
    guest.run("nft", ["delete table inet lvs"]);
    guest.changes();
    expect(guest.direct("start").stdout).toBe("changed\n");
    expect(guest.changes()).toEqual(["nft -f lvs.nft"]);
  });

  test("takes its table away once it is empty", () => {
    guest.settle({ rules: web, nft });
    expect(guest.settle({ rules: web })).toEqual(["nft table inet lvs; delete table inet lvs"]);
    expect(guest.read("nft/lvs")).toBe("");
  });

  test("may begin with both statements on one line", () => {
    const line = "table inet lvs; delete table inet lvs\ntable inet lvs {\n}\n";
    guest.settle({ rules: web, nft: line });
    expect(guest.settle({ rules: web })).toEqual(["nft table inet lvs; delete table inet lvs"]);
  });

  test("that nft refuses ends the start with its error, and is tried again", () => {
    guest.settle({ rules: web, nft });
    guest.configure({ rules: web, nft: `${nft}nonsense\n` });
    const refused = { code: 1, stdout: "", stderr: "Error: syntax error, unexpected string\n" };
    expect(guest.direct("start")).toEqual(refused);
    expect(guest.direct("start")).toEqual(refused);
    expect(guest.changes()).toEqual(["nft -f lvs.nft", "nft -f lvs.nft"]);
    expect(guest.read("nft/lvs")).toBe(nft);
  });

  test("stands before services are edited, and after new ones are there", () => {
    guest.settle({ rules: web });
    const mark = "-A -f 1 -s rr";
    const masqueraded = web[1].replace("-g", "-m");
    expect(guest.settle({ rules: [web[0], masqueraded, mark], nft })).toEqual([
      `ipvsadm ${mark}`,
      "nft -f lvs.nft",
      `ipvsadm ${masqueraded.replace("-a", "-e")}`,
    ]);
  });
});

describe("stop", () => {
  test("gives the VIPs up, and takes every service and the nftables rules away", () => {
    guest.settle({ rules: web, vips: both, nft });
    guest.run("ipvsadm", "-A -f 7 -6 -s rr".split(" "));
    guest.changes();
    expect(guest.direct("stop")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(guest.changes()).toEqual([
      "ip address del 172.16.0.40/32 dev eth0",
      "ip address del fd00:16::28/128 dev eth0",
      "ipvsadm -D -t 172.16.0.40:80",
      "ipvsadm -D -f 7 -6",
      "nft table inet lvs; delete table inet lvs",
    ]);
  });

  test("has nothing to do twice", () => {
    guest.settle({ rules: web, vips: both, nft });
    guest.direct("stop");
    guest.changes();
    expect(guest.direct("stop")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(guest.changes()).toEqual([]);
  });

  test("is undone by a start", () => {
    const files = { rules: web, vips: both, nft };
    const first = guest.settle(files);
    guest.direct("stop");
    expect(guest.settle(files)).toEqual(first);
  });
});

describe("status", () => {
  const table = "IP Virtual Server version 1.2.1 (size=4096)\n";
  const stopped = (...reasons: readonly string[]) => ({
    code: 3,
    stdout: `${table}role: single\n`,
    stderr: reasons.map((reason) => `lvs-director: ${reason}\n`).join(""),
  });
  const settled = { rules: [...web, "-A -f 1 -6 -s rr"], vips: both, nft };
  beforeEach(() => guest.settle(settled));

  test("is 0 and prints the table while all is there, and touches nothing", () => {
    expect(guest.direct("status")).toEqual({ code: 0, stdout: `${table}role: single\n`, stderr: "" });
    expect(guest.changes()).toEqual([]);
  });

  test.each([
    ["ip address del 172.16.0.40/32 dev eth0", "VIP 172.16.0.40@eth0 is not held"],
    ["ip address del fd00:16::28/128 dev eth0", "VIP fd00:16::28@eth0 is not held"],
    [
      "ipvsadm -d -t 172.16.0.40:80 -r 172.16.0.32:80",
      "-t 172.16.0.40:80 -r 172.16.0.32:80 is not in the table",
    ],
    ["ipvsadm -D -f 1 -6", "-f 1 -6 is not in the table"],
    [
      "ipvsadm -e -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 0",
      `-t 172.16.0.40:80 -r 172.16.0.32:80 is in the table as ${web[1].replace("-w 1", "-w 0")}, not as ${web[1]}`,
    ],
    ["ipvsadm --set 1 2 3", "the timeouts are not 900 120 300"],
    ["nft delete table inet lvs", "the nftables table is not loaded"],
  ])("is 3 after %s, and a start puts it back", (command, reason) => {
    const [name, ...args] = command.split(" ");
    guest.run(name!, name === "nft" ? [args.join(" ")] : args);
    expect(guest.direct("status")).toEqual(stopped(reason));
    guest.direct("start");
    expect(guest.direct("status").code).toBe(0);
  });

  test("names all that is missing after a stop", () => {
    guest.direct("stop");
    expect(guest.direct("status")).toEqual(
      stopped(
        "VIP 172.16.0.40@eth0 is not held",
        "VIP fd00:16::28@eth0 is not held",
        "-t 172.16.0.40:80 is not in the table",
        "-t 172.16.0.40:80 -r 172.16.0.32:80 is not in the table",
        "-f 1 -6 is not in the table",
        "the nftables table is not loaded",
      ),
    );
  });
});

test.each([
  ["start", 6],
  ["stop", 6],
  ["status", 3],
])("%s without a director.conf ends with %s", (command, code) => {
  expect(guest.direct(command)).toEqual({
    code,
    stdout: "",
    stderr: `lvs-director: there is no ${guest.path("conf/director.conf")}\n`,
  });
});

test.each(["-h", "--help"])("%s prints the manual", (option) => {
  const { code, stdout, stderr } = guest.direct(option);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.match(/^[A-Z][A-Z ]+$/gm)).toEqual([
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "COMMANDS",
    "FILES",
    "EXIT STATUS",
    "SEE ALSO",
  ]);
});

test.each([[["restart"]], [[]], [[""]]])("%j is answered with the usage, as an error", (args) => {
  expect(guest.direct(...args)).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "usage: lvs-director start|repair|stop|status|check|drain|undrain|leave|rejoin|handover|adopt|settle|announce|--help\n",
  });
});
