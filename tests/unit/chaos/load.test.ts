import { Load, errorKind, visitorPaths } from "../../../chaos/load";
import { resolveSite } from "../../../settings/resolve";
import type { HttpAnswer, RunningSite } from "../../../running/runningSite";
import { lab as readyLab } from "../labs";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const site = resolveSite("dev", { content: "static" });
const answer = (status = 200): HttpAnswer => ({
  status,
  headers: { "x-real-server": "rs1" },
  body: Buffer.alloc(0),
});
const loadOf = (get: () => Promise<HttpAnswer>, settings = {}) =>
  new Load({ site, get } as unknown as RunningSite, {
    ratePerSecond: 50,
    timeoutMs: 200,
    limit: 100,
    ...settings,
  });

test("requests are sent when they are due, though no earlier one is answered", async () => {
  let asked = 0;
  const load = loadOf(() => {
    asked += 1;
    return pause(150).then(() => answer());
  });
  await pause(110);
  expect(asked).toBeGreaterThanOrEqual(4);
  expect(load.samples).toEqual([]);
  const samples = await load.stop();
  expect(samples).toHaveLength(asked);
  const [first, second] = samples;
  expect(second!.due - first!.due).toBe(20);
});

test("all that was due while this process could not run is sent, late as it is", async () => {
  const load = loadOf(() => Promise.resolve(answer()));
  const until = Date.now() + 100;
  while (Date.now() < until);
  await pause(5);
  const samples = await load.stop();
  expect(samples.length).toBeGreaterThanOrEqual(5);
  expect(samples.length).toBeLessThanOrEqual(8);
});

test("a load ends by itself at its limit", async () => {
  const load = loadOf(() => Promise.resolve(answer()), { limit: 3 });
  await pause(150);
  expect(await load.stop()).toHaveLength(3);
});

test("an answer is who gave it; a status other than a good one's, a failure and what comes too late have a kind", async () => {
  const ways = [
    () => Promise.resolve(answer()),
    () => Promise.resolve(answer(503)),
    () => Promise.resolve(answer(301)),
    () => Promise.reject(Object.assign(new Error("connect"), { code: "ECONNREFUSED" })),
    () => pause(230).then(() => answer()),
  ];
  const load = loadOf(() => ways.shift()!(), { limit: 5 });
  await pause(120);
  const samples = (await load.stop()).toSorted((a, b) => a.due - b.due);
  expect(samples.map(({ error, server }) => [error, server])).toEqual([
    [undefined, "rs1"],
    ["503", "rs1"],
    ["301", "rs1"],
    ["refused", undefined],
    ["timeout", "rs1"],
  ]);
});

test.each([
  ["ECONNRESET", "reset"],
  ["EHOSTUNREACH", "unreachable"],
  ["ETIMEDOUT", "timeout"],
])("the error %s is called %s", (code, kind) => {
  expect(errorKind(Object.assign(new Error("x"), { code }))).toBe(kind);
});

test("what has no name keeps its own words, and a lab's time-out is one", () => {
  expect(errorKind(new Error("http://172.16.0.40/: no answer in time"))).toBe("timeout");
  expect(errorKind(new Error("Parse Error"))).toBe("Parse Error");
});

test("one visitor of ten wants a page, where there is more than files", () => {
  const paths = visitorPaths(readyLab("dr-wordpress"));
  expect(paths.filter((path) => path === "/")).toHaveLength(1);
  expect(paths.filter((path) => path === "/wp-includes/js/wp-embed.min.js")).toHaveLength(9);
  expect(new Set(visitorPaths(site))).toEqual(new Set(["/whoami"]));
  expect(new Set(visitorPaths(readyLab("dr-dual-nic")))).toContain("/");
});
