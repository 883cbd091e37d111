import type { Fault } from "../../../chaos/fault";
import { noBound, noFailedRequest } from "../../../chaos/bounds";
import { type RunSettings, runFault } from "../../../chaos/run";
import { resolveSite } from "../../../settings/resolve";
import type { RunningSite } from "../../../running/runningSite";

const done: string[] = [];
let isDown = false;
beforeEach(() => {
  done.splice(0);
  isDown = false;
});

const running = {
  site: resolveSite("dev", { content: "static" }),
  get: () =>
    isDown
      ? Promise.reject(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))
      : Promise.resolve({ status: 200, headers: { "x-real-server": "rs1" }, body: Buffer.alloc(0) }),
} as unknown as RunningSite;

const fault = (changes: Partial<Fault> = {}): Fault => ({
  name: "outage",
  what: "it goes out",
  applies: () => true,
  machines: () => ["rs1"],
  inject: () => Promise.resolve(void (done.push("inject"), (isDown = true))),
  holdSeconds: 0.2,
  undo: () => Promise.resolve(void (done.push("undo"), (isDown = false))),
  bound: () => noBound("none: a test"),
  ...changes,
});

const settings = (changes: Partial<RunSettings> = {}): RunSettings => ({
  ratePerSecond: 50,
  timeoutMs: 5000,
  pace: { baselineSeconds: 0.1, quietSeconds: 0.1, recoverySeconds: 0.3 },
  problemsOf: () => Promise.resolve([]),
  signal: new AbortController().signal,
  report: () => undefined,
  ...changes,
});

test("a fault is injected, held, taken back, and over when no request has failed for a while", async () => {
  const { problems, figures, machines, observed } = await runFault(running, fault(), settings());
  expect(done).toEqual(["inject", "undo"]);
  expect(problems).toEqual([]);
  expect(machines).toEqual(["rs1"]);
  expect(figures.errors).toEqual({ refused: figures.failed });
  expect(figures.failed).toBeGreaterThan(5);
  expect(figures.longestGapSeconds).toBeGreaterThanOrEqual(0.2);
  expect(figures.fullServiceSeconds).toBeGreaterThanOrEqual(0.2);
  const { started, injecting, injected, undone, served, ended } = observed.marks;
  const order = [started, injecting, injected, undone!, served!, ended];
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("full service takes as long as anything is problemsOf, though every request is answered", async () => {
  let asked = 0;
  const problemsOf = () => Promise.resolve(++asked < 2 ? ["rs1 is unreachable"] : []);
  const quiet = fault({ inject: () => Promise.resolve(), undo: undefined, holdSeconds: 0 });
  const pace = { baselineSeconds: 0.1, quietSeconds: 0.1, recoverySeconds: 5 };
  const { figures, problems } = await runFault(running, quiet, settings({ problemsOf, pace }));
  expect(problems).toEqual([]);
  expect(figures.failed).toBe(0);
  expect(figures.fullServiceSeconds).toBeGreaterThanOrEqual(0.5);
});

test("a site that does not get well fails, with what is problemsOf", async () => {
  const problemsOf = () => Promise.resolve(["rs1: nginx is failed"]);
  const { problems, figures } = await runFault(running, fault(), settings({ problemsOf }));
  expect(problems).toEqual(["no full service within 0.3 s: rs1: nginx is failed"]);
  expect(figures.fullServiceSeconds).toBeUndefined();
});

test("a broken bound and lost data fail", async () => {
  const keep = () => Promise.resolve({ check: () => Promise.reject(new Error("post 7 is gone")) });
  const { problems, kept } = await runFault(
    running,
    fault({ bound: () => noFailedRequest }),
    settings({ keep }),
  );
  expect(problems).toEqual([expect.stringMatching(/^\d+ requests failed$/), "lost: post 7 is gone"]);
  expect(kept).toBeUndefined();
});

test("what was kept is told", async () => {
  const keep = () => Promise.resolve({ check: () => Promise.resolve("post and picture") });
  expect((await runFault(running, fault(), settings({ keep }))).kept).toBe("post and picture");
});

test("a fault that cannot be injected fails, and is taken back as far as it went", async () => {
  const { problems } = await runFault(
    running,
    fault({ inject: () => Promise.reject(new Error("no tc")) }),
    settings(),
  );
  expect(problems).toEqual(["no tc"]);
  expect(done).toEqual(["undo"]);
});

test("an interruption takes back what was injected", async () => {
  const controller = new AbortController();
  const injected = fault({
    inject: () => Promise.resolve(void (done.push("inject"), setTimeout(() => controller.abort(), 20))),
    holdSeconds: 60,
  });
  await expect(runFault(running, injected, settings({ signal: controller.signal }))).rejects.toThrow(
    "aborted",
  );
  expect(done).toEqual(["inject", "undo"]);
});

test("a load that the site does not bear without any fault fails: its figures say nothing", async () => {
  isDown = true;
  const { problems } = await runFault(running, fault(), settings());
  expect(problems).toEqual([
    expect.stringMatching(/^\d+ requests failed before it began: is the load too much for this host\?$/),
  ]);
});

test("without anything written beforehand there is no fault", async () => {
  const keep = () => Promise.reject(new Error("login was answered 500"));
  const { problems } = await runFault(running, fault(), settings({ keep }));
  expect(problems).toEqual(["nothing could be written before it: login was answered 500"]);
  expect(done).toEqual([]);
});
