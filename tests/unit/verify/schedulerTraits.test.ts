/** The rows of settings/schedulers.ts, held against the schedulers' own arithmetic. */
import { alternates, reachesAll, schedulerFlags, schedulers, traitsOf } from "../../../settings/schedulers";
import type { Destination, Packet } from "../../../verify/schedulers/destination";
import { cycleOf, scheduleOf, simulate } from "../../../verify/schedulers/schedulers";

const server = (name: string, weight: number, index: number): Destination => ({
  name,
  address: `192.168.8.${index}`,
  port: 80,
  weight,
  upperThreshold: 0,
  active: 0,
  inactive: 0,
});
const servers = [server("a", 4, 224), server("b", 1, 225)];
const equals = [server("a", 1, 224), server("b", 1, 225)];
const anyPackets = (count: number): Packet[] =>
  Array.from({ length: count }, () => ({
    source: "192.168.8.100",
    sourcePort: 40000,
    destination: "192.168.8.230",
  }));
const foretold = schedulers.filter((scheduler) => scheduleOf(scheduler) !== undefined);

test.each(foretold)("%s spreads held connections as its row says", (scheduler) => {
  const { spread, usesWeights } = traitsOf(scheduler);
  const weights = servers.map(({ weight }) => weight);
  const held = (count: number, destinations = servers) =>
    simulate(scheduleOf(scheduler), destinations, anyPackets(count), "active");
  const cycle = held(cycleOf(scheduler, weights));
  const share = (name: string) => cycle.filter((one) => one === name).length;
  const asOwed = usesWeights ? [4, 1] : [1, 1];
  const many = new Set(held(12, equals));
  if (spread === "in shares") expect([share("a"), share("b")]).toEqual(asOwed);
  if (spread === "to all") expect(new Set(held(10))).toEqual(new Set(["a", "b"]));
  if (spread === "to one") expect(new Set(held(10))).toEqual(new Set(["a"]));
  if (spread === "to one until full") expect(held(6)).toEqual(["a", "a", "a", "a", "a", "b"]);
  if (spread === "by address" && traitsOf(scheduler).decidesBy === "source address")
    expect(many.size).toBe(1);
});

test("of all schedulers rr alone never gives two connections in a row to one real server", () => {
  expect(schedulers.filter(alternates)).toEqual(["rr"]);
});

test("drain can be proven where all real servers get connections in shares that are foretold", () => {
  expect(schedulers.filter(reachesAll)).toEqual(["rr", "wrr", "lc", "wlc", "sed", "nq"]);
});

test("flags stand in the order in which ipvsadm lists them", () => {
  expect(schedulerFlags).toEqual(["sh-fallback", "sh-port", "mh-fallback", "mh-port"]);
});
