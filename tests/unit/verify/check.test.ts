import type { Lab } from "../../../tools/lab";
import { type Check, eventually, expect as holds, judge } from "../../../verify/check";
import { expectedShares, wholeCycles } from "../../../verify/lvs";

const lab = {} as Lab;
const check = (prove: Check["prove"], deadlineSeconds = 5): Check => ({
  id: "x",
  claim: "it holds",
  deadlineSeconds,
  prove,
});

test("a claim that is proven holds, with its evidence", async () => {
  expect(
    await judge(
      check(() => Promise.resolve("seen")),
      lab,
    ),
  ).toMatchObject({ id: "x", ok: true, evidence: "seen" });
});

test("a claim whose proof throws does not hold, and tells what was seen", async () => {
  const verdict = await judge(
    check(async () => (holds(false, "two MACs answered"), "never")),
    lab,
  );
  expect(verdict).toMatchObject({ ok: false, evidence: "two MACs answered" });
});

test("a claim that is not proven in time does not hold", async () => {
  const verdict = await judge(
    check(() => new Promise(() => undefined), 0.05),
    lab,
  );
  expect(verdict).toMatchObject({ ok: false, evidence: "not proven within 0.05 s" });
});

test("what comes true in time is waited for", async () => {
  let tries = 0;
  const attempt = async () => (holds(++tries === 2, "not yet"), "now");
  expect(await eventually(5, attempt)).toBe("now");
});

test("what never comes true ends in what was seen last", async () => {
  await expect(eventually(0.1, async () => Promise.reject(new Error("never")))).rejects.toThrow("never");
});

const servers = [
  { name: "rs1", weight: 1 },
  { name: "rs2", weight: 3 },
  { name: "rs3", weight: 0 },
];

test.each([
  ["rr", 40, { rs1: 20, rs2: 20, rs3: 0 }],
  ["wrr", 40, { rs1: 10, rs2: 30, rs3: 0 }],
] as const)("%s owes each real server its share of %d requests", (scheduler, total, shares) => {
  expect(expectedShares(scheduler, servers, total)).toEqual(shares);
});

test("a scheduler that looks at more than the count owes nothing exact", () => {
  expect(expectedShares("wlc", servers, 40)).toBeUndefined();
});

test.each([
  ["rr", [1, 1], 40],
  ["rr", [1, 1, 1], 39],
  ["wrr", [1, 2], 39],
  ["wrr", [30, 20], 50],
  ["wrr", [0, 0], 40],
] as const)("%s over weights %j is tried over %d requests, whole cycles", (scheduler, weights, total) => {
  expect(wholeCycles(scheduler, weights)).toBe(total);
});
