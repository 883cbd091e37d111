import { readFileSync } from "node:fs";
import { FakeGuest } from "./guest";

let guest: FakeGuest;

const line = (server: string, host: number, rest = "2 3 1 https://172.16.0.HOST:80/healthz") =>
  `web ${server} -t:172.16.0.40:80/172.16.0.${host}:80 https https://172.16.0.${host}:80/readyz www.example.org 200 ${rest.replace("HOST", String(host))}\n`;

/** What curl says of each kind of answer; the last three characters are the status. */
const answers = {
  good: "* Connected to 172.16.0.32 (172.16.0.32) port 80 (#0)\n200",
  unready: "* Connected to 172.16.0.32 (172.16.0.32) port 80 (#0)\n502",
  stalled:
    "* Connected to 172.16.0.32 (172.16.0.32) port 80 (#0)\n* Operation timed out after 2001 milliseconds\n000",
  closed: "* Connected to 172.16.0.32 (172.16.0.32) port 80 (#0)\n* Empty reply from server\n000",
  refused: "* connect to 172.16.0.32 port 80 failed: Connection refused\n* Couldn't connect to server\n000",
  unroutable: "* connect to 172.16.0.32 port 80 failed: No route to host\n* Couldn't connect to server\n000",
  silent: "* Connection timed out after 2001 milliseconds\n000",
};

beforeEach(() => {
  guest = new FakeGuest();
  guest.write("lib/probe.sh", readFileSync("scripts/guest/director/probe.sh", "utf8"));
  guest.write("conf/checks.conf", line("rs1", 32) + line("rs2", 33));
  // Each path has an answer of its own: a file that is named as it is, with the real server's address before.
  guest.command(
    "curl",
    'url="${*: -1}" to="${*: -2:1}"; echo "$*" >>"$GUEST/asked"; printf "%s" "$(<"$GUEST/answer/${to#::}/${url##*/}")"',
  );
});
afterEach(() => guest.remove());

const answer = (ready: keyof typeof answers, healthy: keyof typeof answers = "good", host = 32) => {
  guest.write(`answer/172.16.0.${host}:80/readyz`, answers[ready]);
  guest.write(`answer/172.16.0.${host}:80/healthz`, answers[healthy]);
};
const check = (...args: readonly string[]) =>
  guest.run("bash", ["scripts/guest/director/lvs-check", ...(args.length > 0 ? args : ["web", "rs1"])]);
/** Exit codes of so many checks in a row. */
const codes = (times: number, ...args: readonly string[]) =>
  Array.from({ length: times }, () => check(...args).code);
const other = (last: string) => guest.write("run/health/web/rs2", `up 0 ${last} 1000 \n`);
const up = () => {
  answer("good");
  check();
  guest.write("journal", "");
  guest.write("asked", "");
};

test("one that was never asked is out until its first good answer, and is warmed before it gets clients", () => {
  answer("refused");
  expect(codes(2)).toEqual([1, 1]);
  answer("good");
  guest.write("asked", "");
  expect(check()).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(guest.lines("asked").map((asked) => asked.split(" ").at(-1))).toEqual([
    "https://www.example.org/readyz",
    "https://www.example.org/",
  ]);
  expect(guest.lines("journal")).toEqual(["web: rs1 (172.16.0.32:80) is back"]);
});

test("a good run asks once, by the site's name at the real server's address, and writes nothing", () => {
  up();
  const before = guest.read("run/health/web/rs1");
  expect(before).toMatch(/^up 0 ok \d+ \n$/);
  guest.command("mv", 'echo mv >>"$GUEST/log"');
  expect(codes(2)).toEqual([0, 0]);
  const asked =
    "-ksv -o /dev/null --max-time 2 -w %{http_code} --connect-to ::172.16.0.32:80 https://www.example.org/readyz";
  expect(guest.lines("asked")).toEqual([asked, asked]);
  expect(guest.changes()).toEqual([]);
  expect(guest.read("journal")).toBe("");
});

test("misses below the limit change nothing, and a good answer forgets them", () => {
  up();
  answer("refused");
  expect(codes(2)).toEqual([0, 0]);
  answer("good");
  expect(codes(1)).toEqual([0]);
  answer("refused");
  expect(codes(2)).toEqual([0, 0]);
  expect(guest.read("journal")).toBe("");
  expect(codes(2)).toEqual([1, 1]);
  expect(guest.lines("journal")).toEqual(["web: rs1 (172.16.0.32:80) is gone: connection refused"]);
});

test.each([
  ["unready", "HTTP 502"],
  ["stalled", "no answer within 2 s"],
  ["closed", "the connection was closed"],
  ["refused", "connection refused"],
  ["unroutable", "no route to host"],
  ["silent", "no answer within 2 s"],
] as const)("%s: is gone: %s", (ready, reason) => {
  up();
  other("ok");
  answer(ready);
  expect(codes(3)).toEqual([0, 0, 1]);
  expect(guest.lines("journal")).toEqual([`web: rs1 (172.16.0.32:80) is gone: ${reason}`]);
});

describe("a fault that all share", () => {
  test("does not take out the last that still answers; it goes once another one is well", () => {
    up();
    other("bad");
    answer("stalled");
    expect(codes(6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(guest.lines("journal")).toEqual([
      "web: rs1 (172.16.0.32:80) is not ready (no answer within 2 s); kept, 1 must stay",
    ]);
    other("ok");
    expect(codes(1)).toEqual([1]);
    expect(guest.lines("journal").slice(1)).toEqual([
      "web: rs1 (172.16.0.32:80) is gone: no answer within 2 s",
    ]);
  });

  test("is over for one that was kept with its next good answer, without a warming", () => {
    up();
    answer("unready");
    codes(4);
    answer("good");
    guest.write("asked", "");
    expect(codes(1)).toEqual([0]);
    expect(guest.lines("asked")).toHaveLength(1);
    expect(guest.lines("journal").at(-1)).toBe("web: rs1 (172.16.0.32:80) is ready again");
  });

  test("keeps nobody who does not answer at all", () => {
    up();
    answer("refused");
    expect(codes(3)).toEqual([0, 0, 1]);
  });

  test("keeps nobody whose /healthz fails too", () => {
    up();
    answer("stalled", "stalled");
    expect(codes(3)).toEqual([0, 0, 1]);
  });

  test("does not count on one that is out for maintenance", () => {
    up();
    other("ok");
    guest.write("conf/drained", "rs2\n");
    answer("unready");
    expect(codes(3)).toEqual([0, 0, 0]);
  });

  test("keeps nobody where none must stay", () => {
    guest.write("conf/checks.conf", line("rs1", 32, "2 3 0 http://172.16.0.HOST:80/healthz"));
    up();
    answer("unready");
    expect(codes(3)).toEqual([0, 0, 1]);
  });
});

test("one that was taken over with the table has one miss more than its limit", () => {
  guest.write("conf/checks.conf", line("rs1", 32, "2 1 1 -"));
  guest.write("run/health/web/rs1", "up 0 seeded 1000 \n");
  answer("refused");
  expect(codes(2)).toEqual([0, 1]);
});

describe("a check that its manager ends", () => {
  const ended = (timeout: number) => {
    guest.write("conf/checks.conf", line("rs1", 32, `${timeout} 3 1 -`));
    guest.write("run/health/web/rs1", "up 0 ok 1000 \n");
    guest.command("curl", "sleep 2");
    const script =
      'bash scripts/guest/director/lvs-check web rs1 & pid=$!; sleep 1.2; kill "$pid"; wait "$pid"';
    expect(guest.run("bash", ["-c", script]).code).toBe(1);
    return guest.read("run/health/web/rs1");
  };

  test("takes the real server out when it took too long", () => {
    expect(ended(0)).toMatch(/^down 0 dead \d+ its check was ended by the manager\n$/);
  });

  test("says nothing about the real server when the manager only reloads", () => {
    expect(ended(2)).toBe("up 0 ok 1000 \n");
  });
});

test("a key of an earlier version is found as well", () => {
  guest.write("conf/checks.conf", line("rs1", 32).replace("-t:", ""));
  answer("good");
  expect(codes(1, "172.16.0.40", "80", "172.16.0.32", "80")).toEqual([0]);
});

test("ldirectord's own call is the same check, by mark too", () => {
  guest.write(
    "conf/checks.conf",
    `${line("rs1", 32)}${line("rs2", 33).replace("-t:172.16.0.40:80/", "-f:66:/")}`,
  );
  answer("good");
  answer("good", "good", 33);
  expect(codes(1, "172.16.0.40", "80", "172.16.0.32", "80")).toEqual([0]);
  expect(codes(1, "66", "", "172.16.0.33", "80")).toEqual([0]);
  expect(guest.read("run/health/web/rs1")).toMatch(/^up /);
  expect(guest.read("run/health/web/rs2")).toMatch(/^up /);
});

describe("a check that is no URL", () => {
  const own = (type: string, target: string) =>
    guest.write("conf/checks.conf", `ssh rs1 172.16.0.40:22/${target} ${type} ${target} - - 1 1 1 -\n`);

  test("connects to a TCP port", () => {
    own("tcp", "127.0.0.1:1");
    guest.write("run/health/ssh/rs1", "up 0 ok 1000 \n");
    expect(codes(1, "ssh", "rs1")).toEqual([1]);
    expect(guest.lines("journal")).toEqual(["ssh: rs1 (127.0.0.1:1) is gone: connection refused"]);
  });

  test.each([
    ['[[ "$*" == "172.16.0.32 22" ]]', 0, undefined],
    ["exit 7", 1, "its check ended with 7"],
    ["exec /bin/sleep 5", 1, "no answer within 1 s"],
  ])("runs the operator's program: %s", (body, code, reason) => {
    own("script", "172.16.0.32:22");
    guest.write("run/health/ssh/rs1", "up 0 ok 1000 \n");
    guest.command("../lib/checks/ssh", body);
    expect(codes(1, "ssh", "rs1")).toEqual([code]);
    expect(guest.lines("journal")).toEqual(
      reason === undefined ? [] : [`ssh: rs1 (172.16.0.32:22) is gone: ${reason}`],
    );
  });
});

test.each([
  [["web", "rs9"], "lvs-check: checks.conf has no web rs9\n"],
  [["web"], "usage: lvs-check SERVICE SERVER | VIP PORT RIP PORT\n"],
])("%j is an error", (args, stderr) => {
  expect(check(...args)).toEqual({ code: 2, stdout: "", stderr });
});
