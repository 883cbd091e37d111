import { FakeDirector, web } from "./director";

let guest: FakeDirector;

beforeEach(() => {
  guest = new FakeDirector();
});
afterEach(() => guest.remove());

const settle = (...rules: string[]) => guest.settle({ rules, drainSeconds: 0 });

test("an empty table is filled in the rules' order", () => {
  expect(settle(...web)).toEqual(web.map((line) => `ipvsadm ${line}`));
});

test("a repair adds and edits, and leaves what is more", () => {
  const added = "-a -t 172.16.0.40:80 -r 172.16.0.99:80 -g -w 1";
  guest.settle({ rules: [...web, web[1].replace("32", "33")] });
  guest.write("table", `${[web[0], web[1].replace("-w 1", "-w 5"), added].join("\n")}\n`);
  expect(guest.direct("repair")).toMatchObject({ code: 0, stdout: "changed\n" });
  expect(guest.changes()).toEqual([
    "ipvsadm -a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 1",
    "ipvsadm -e -t 172.16.0.40:80 -r 172.16.0.32:80 -g -w 1",
  ]);
  expect(guest.lines("table")).toContain(added);
  expect(guest.direct("repair")).toMatchObject({ code: 0, stdout: "unchanged\n" });
});

describe.each([
  ["a TCP service", "-t 172.16.0.40:80", "172.16.0.N:80", "-s rr"],
  ["a UDP service", "-u 172.16.0.40:53", "172.16.0.N:53", "-s rr"],
  ["an SCTP service", "--sctp-service 172.16.0.40:9", "172.16.0.N:9", "-s rr"],
  ["every port", "-t 172.16.0.40:0", "172.16.0.N:0", "-s rr -p 300"],
  ["a firewall mark", "-f 1", "172.16.0.N:0", "-s rr"],
  ["a firewall mark for IPv6", "-f 1 -6", "[fd00:16::N]:0", "-s rr"],
  ["an IPv6 service", "-t [fd00:16::28]:80", "[fd00:16::N]:80", "-s rr"],
])("%s", (_what, key, realServer, how) => {
  const service = `-A ${key} ${how}`;
  const named = (host: number) => `${key} -r ${realServer.replace("N", String(host))}`;
  const server = (host: number, weight = 1) => `-a ${named(host)} -g -w ${weight}`;

  test("is added, once", () => {
    expect(settle(service, server(32))).toEqual([`ipvsadm ${service}`, `ipvsadm ${server(32)}`]);
  });

  test("is edited when it changed, and its real servers are left alone", () => {
    settle(service, server(32));
    const changed = how.replace("rr", "wlc");
    expect(settle(`-A ${key} ${changed}`, server(32))).toEqual([`ipvsadm -E ${key} ${changed}`]);
  });

  test("has a real server edited when that changed, and no other", () => {
    settle(service, server(32), server(33));
    expect(settle(service, server(32), server(33, 0))).toEqual([`ipvsadm -e ${named(33)} -g -w 0`]);
  });

  test("gets a real server, and loses one, and no other is touched", () => {
    settle(service, server(32), server(33));
    expect(settle(service, server(32), server(34))).toEqual([
      `ipvsadm ${server(34)}`,
      `ipvsadm -d ${named(33)}`,
    ]);
  });

  test("goes after its real servers", () => {
    const other = "-A -t 172.16.0.99:99 -s rr";
    settle(other, service, server(32), server(33));
    expect(settle(other)).toEqual([
      `ipvsadm -d ${named(33)}`,
      `ipvsadm -d ${named(32)}`,
      `ipvsadm -D ${key}`,
    ]);
  });
});

test.each([
  ["scheduler", "-s rr", "-s wlc"],
  ["persistence that begins", "-s rr", "-s rr -p 300"],
  ["persistence that ends", "-s rr -p 300", "-s rr"],
  ["netmask of persistence", "-s rr -p 300", "-s rr -p 300 -M 255.255.255.0"],
  ["flags that begin", "-s sh", "-s sh -b sh-fallback,sh-port"],
  ["flags that end", "-s mh -b mh-port", "-s mh"],
  ["one-packet scheduling", "-s rr", "-s rr -o"],
])("a service's %s is an edit", (_what, before, after) => {
  settle(`-A -u 172.16.0.40:53 ${before}`);
  expect(settle(`-A -u 172.16.0.40:53 ${after}`)).toEqual([`ipvsadm -E -u 172.16.0.40:53 ${after}`]);
});

test.each([
  ["forwarding", "-g -w 1", "-m -w 1"],
  ["tunnel", "-m -w 1", "-i -w 1 --tun-type ipip"],
  ["thresholds that begin", "-g -w 1", "-g -w 1 -x 10 -y 5"],
  ["threshold", "-g -w 1 -x 10 -y 5", "-g -w 1 -x 20 -y 5"],
  ["thresholds that end", "-g -w 1 -x 10 -y 5", "-g -w 1"],
  ["thresholds behind a tunnel", "-i -w 1 --tun-type ipip", "-i -w 1 --tun-type ipip -x 10 -y 0"],
])("a real server's %s is an edit", (_what, before, after) => {
  const server = "-t 172.16.0.40:80 -r 172.16.0.32:80";
  settle(web[0], `-a ${server} ${before}`);
  expect(settle(web[0], `-a ${server} ${after}`)).toEqual([`ipvsadm -e ${server} ${after}`]);
});

test("services whose keys begin alike are told apart", () => {
  settle("-A -f 1 -s rr", "-A -f 1 -6 -s rr", "-A -f 10 -s rr", "-A -t 172.16.0.40:80 -s rr");
  expect(settle("-A -f 10 -s rr", "-A -t 172.16.0.40:8080 -s rr")).toEqual([
    "ipvsadm -A -t 172.16.0.40:8080 -s rr",
    "ipvsadm -D -t 172.16.0.40:80",
    "ipvsadm -D -f 1 -6",
    "ipvsadm -D -f 1",
  ]);
});

test("what somebody deleted by hand comes back, what somebody changed is set right, and what somebody added goes", () => {
  const second = "-a -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 1";
  settle(...web, second);
  guest.run("ipvsadm", "-d -t 172.16.0.40:80 -r 172.16.0.32:80".split(" "));
  guest.run("ipvsadm", "-e -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 1 -x 3 -y 0".split(" "));
  guest.run("ipvsadm", "-A -t 172.16.0.99:80 -s rr".split(" "));
  expect(settle(...web, second)).toEqual([
    `ipvsadm ${web[1]}`,
    "ipvsadm -e -t 172.16.0.40:80 -r 172.16.0.33:80 -g -w 1",
    "ipvsadm -D -t 172.16.0.99:80",
  ]);
});

test("additions come first, then edits, then what goes", () => {
  settle(...web, "-A -t 172.16.0.40:443 -s rr");
  expect(settle(web[0].replace("rr", "wlc"), web[1], "-A -t 172.16.0.40:8080 -s rr")).toEqual([
    "ipvsadm -A -t 172.16.0.40:8080 -s rr",
    "ipvsadm -E -t 172.16.0.40:80 -s wlc",
    "ipvsadm -D -t 172.16.0.40:443",
  ]);
});

test("blank lines and comments among the rules mean nothing", () => {
  guest.configure({ rules: ["# by hand", "", ...web] });
  expect(guest.direct("start").stdout).toBe("changed\n");
  expect(guest.lines("table")).toEqual(web);
});

describe("before anything is touched", () => {
  const refused = (rule: string) => {
    guest.settle({ rules: web });
    guest.configure({
      rules: [...web, rule],
      vips: "172.16.0.40@eth0",
      timeouts: "60 60 60",
      nft: "table inet lvs\n",
    });
    return guest.direct("start");
  };
  afterEach(() => {
    expect(guest.changes()).toEqual([]);
    expect(guest.lines("table")).toEqual(web);
  });

  test("a scheduler that the kernel lacks is refused by name", () => {
    expect(refused("-A -t 172.16.0.41:80 -s new")).toEqual({
      code: 1,
      stdout: "",
      stderr: "lvs-director: this kernel has no scheduler new (ip_vs_new)\n",
    });
  });

  test("a line in another form is refused", () => {
    expect(refused("--add-service --tcp-service 172.16.0.41:80")).toEqual({
      code: 1,
      stdout: "",
      stderr: `lvs-director: ${guest.path("conf")}/ipvs.rules has a line that ipvsadm-save would not print: --add-service --tcp-service 172.16.0.41:80\n`,
    });
  });

  test("check refuses alike", () => {
    refused("-A -t 172.16.0.41:80 -s new");
    expect(guest.direct("check")).toEqual({
      code: 1,
      stdout: "",
      stderr: "lvs-director: this kernel has no scheduler new (ip_vs_new)\n",
    });
  });
});

test("check says nothing of rules that the kernel can take", () => {
  guest.configure({ rules: web });
  expect(guest.direct("check")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(guest.changes()).toEqual([]);
});

test("the kernel is asked once for a scheduler, and never for one that is in the live table", () => {
  guest.command("modprobe", 'echo "modprobe $*" >>"$GUEST/log"; [[ "$3" != ip_vs_rr ]]');
  guest.write("table", `${web.join("\n")}\n`);
  const further = ["-A -f 1 -s rr", "-A -f 2 -s wlc", "-A -f 3 -s wlc"];
  guest.configure({ rules: [...web, ...further] });
  expect(guest.direct("start").code).toBe(0);
  expect(guest.changes()).toEqual(["modprobe -q -n ip_vs_wlc", ...further.map((rule) => `ipvsadm ${rule}`)]);
});

test("a rule that ipvsadm refuses ends the start with its error", () => {
  guest.configure({ rules: [web[1]] });
  expect(guest.direct("start")).toEqual({
    code: 254,
    stdout: "",
    stderr: "ipvsadm: no such service: -t 172.16.0.40:80\n",
  });
});
