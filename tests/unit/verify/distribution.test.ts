import { judgeDistribution, thresholdClaims } from "../../../verify/schedulers/distribution";
import { heldCount, measure, wholeCycles } from "../../../verify/schedulers/measure";
import { scheduleOf } from "../../../verify/schedulers/schedulers";
import { type Balancer, type Wanted, balancer } from "./balancer";

let running: Balancer | undefined;
afterEach(() => running?.close());

async function tried(wanted: Wanted): Promise<string> {
  running = await balancer(wanted);
  const service = running.site.services[0];
  return judgeDistribution(service, await measure(running.running, service));
}

test.each([
  ["rr", "40 connections, one after another, by rr: rs1 20, rs2 20"],
  ["wrr", "35 connections, one after another, by wrr: rs1 10, rs2 25"],
  ["lc", "4 connections held, by lc: rs1 2, rs2 2"],
  ["wlc", "14 connections held, by wlc: rs1 4, rs2 10"],
  ["sed", "14 connections held, by sed: rs1 4, rs2 10"],
  ["nq", "14 connections held, by nq: rs1 4, rs2 10"],
  ["fo", "14 connections held, by fo: rs1 0, rs2 14"],
  ["ovf", "8 connections held, by ovf: rs1 2, rs2 6"],
] as const)("%s is found to do as it says", async (scheduler, evidence) => {
  expect(await tried({ scheduler })).toBe(evidence);
});

test.each(["sh", "mh", "dh", "lblc", "lblcr"] as const)(
  "%s is found to keep to one real server",
  async (scheduler) => {
    expect(await tried({ scheduler })).toMatch(/: rs1 (3, rs2 0|0, rs2 3)$/);
  },
);

test("twos is found within its bounds", async () => {
  expect(await tried({ scheduler: "twos" })).toMatch(
    /^24 connections held, by twos: rs1 \d+, rs2 \d+; by chance rs1 \d+ to \d+, rs2 \d+ to \d+$/,
  );
});

test.each([
  ["sh", "sh-port"],
  ["mh", "mh-port"],
] as const)("%s with %s is foretold for every source port", async (scheduler, flag) => {
  expect(await tried({ scheduler, schedulerFlags: [flag] })).toMatch(/^20 connections from 1 addresses/);
});

test("weight 0 is found to get nothing", async () => {
  expect(await tried({ scheduler: "rr", weights: [1, 0, 1] })).toContain("rs1 20, rs2 0, rs3 20");
});

test.each([
  ["rr", "wrr", "it owes rs1 20, rs2 20"],
  ["wlc", "lc", "14 connections held, by wlc: rs1 7, rs2 7; it owes rs1 4, rs2 10"],
  ["fo", "nq", "it owes rs1 0, rs2 14"],
  ["sh", "rr", "by sh: rs1"],
  ["twos", "rr", "24 connections held, by twos: rs1 12, rs2 12; by chance it may be rs1 "],
] as const)("%s that does as %s is found out", async (scheduler, other, seen) => {
  await expect(tried({ scheduler, really: scheduleOf(other) })).rejects.toThrow(seen);
});

test("connections to weight 0 are found out, whatever the scheduler", async () => {
  const really: Wanted["really"] = (all) => all.find(({ name }) => name === "rs1");
  await expect(tried({ scheduler: "wlc", weights: [0, 1], really })).rejects.toThrow(
    "though rs1 has weight 0",
  );
});

describe("an upper threshold", () => {
  const prove = async (wanted: Wanted) => {
    running = await balancer(wanted);
    const [check] = thresholdClaims(running.site);
    return check!.prove(running.running);
  };

  test("is found to stop connections", async () => {
    expect(await prove({ scheduler: "rr", weights: [1, 1], upperThreshold: 3 })).toMatch(
      /^10 connections held: rs1 3, rs2 7; rs1 has 3 active and 0 ending/,
    );
  });

  test("that does not hold is found out", async () => {
    const careless = scheduleOf("rr");
    const really: Wanted["really"] = (all, packet) => {
      const copy = careless(
        all.map((one) => ({ ...one, upperThreshold: 0 })),
        packet,
      );
      return all.find(({ name }) => name === copy?.name);
    };
    await expect(prove({ scheduler: "rr", weights: [1, 1], upperThreshold: 3, really })).rejects.toThrow(
      "rs1 has 5 active and 0 ending, over its threshold 3",
    );
  });

  test("is tried where one server can be filled while another is left", async () => {
    running = await balancer({ scheduler: "rr", weights: [1, 1] });
    expect(thresholdClaims(running.site)).toEqual([]);
  });
});

test.each([
  ["rr", [1, 1], 40, 40],
  ["rr", [1, 1, 1], 40, 39],
  ["wrr", [2, 5], 40, 35],
  ["wrr", [31, 20], 40, 51],
] as const)(
  "%s over weights %j is tried in whole cycles within %d: %d",
  (scheduler, weights, most, count) => {
    expect(wholeCycles(scheduler, weights, most)).toBe(count);
  },
);

test("held connections stay few where weights are large", () => {
  expect(heldCount("wlc", [100, 99])).toBe(24);
  expect(heldCount("ovf", [1, 1])).toBe(4);
});
