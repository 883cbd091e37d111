import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { FakeGuest } from "./guest";

/** A web server of its own process, as a script is waited for: the path says how it answers. */
const program = `
const { createServer } = require("node:http");
const answer = (request, response) => {
  if (request.url === "/silent") return;
  if (request.url === "/closed") return void request.socket.destroy();
  response.statusCode = request.url === "/host" ? (request.headers.host === "www.example.org" ? 200 : 421) : Number(request.url.slice(1));
  response.end("text\\n");
};
const server = createServer(answer).listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

let child: ChildProcess;
let port: string;
let guest: FakeGuest;

beforeAll(async () => {
  child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [data] = (await once(child.stdout!, "data")) as [Buffer];
  port = data.toString().trim();
});
afterAll(() => child.kill());
beforeEach(() => (guest = new FakeGuest()));
afterEach(() => guest.remove());

/** What a probe says, in so many seconds at most. */
const probe = (...args: readonly string[]) =>
  guest.run("bash", [
    "-euo",
    "pipefail",
    "-c",
    'source scripts/guest/director/probe.sh; probe "$@"; echo "$REPLY"',
    "probe",
    "web",
    ...args,
  ]);

test.each([
  ["200", "ok"],
  ["503", "bad HTTP 503"],
  ["closed", "bad the connection was closed"],
  ["silent", "bad no answer within 1 s"],
])("a web server's %s is: %s", (path, verdict) => {
  expect(probe("http", `http://127.0.0.1:${port}/${path}`, "-", "200", "1").stdout).toBe(`${verdict}\n`);
});

test("the site's name is asked for, and a wanted status need not be 200", () => {
  const at = (path: string) => `http://127.0.0.1:${port}/${path}`;
  expect(probe("http", at("host"), "www.example.org", "200", "1").stdout).toBe("ok\n");
  expect(probe("http", at("host"), "other.example.org", "200", "1").stdout).toBe("bad HTTP 421\n");
  expect(probe("http", at("204"), "-", "204", "1").stdout).toBe("ok\n");
});

test("a TCP check connects, and does no more", () => {
  expect(probe("tcp", `127.0.0.1:${port}`, "-", "-", "1").stdout).toBe("ok\n");
});

test.each(["tcp", "http"])("%s: where nobody listens, that is said", (type) => {
  const endpoint = "127.0.0.1:1";
  const target = type === "http" ? `http://${endpoint}/readyz` : endpoint;
  expect(probe(type, target, "-", "200", "1").stdout).toBe("dead connection refused\n");
});
