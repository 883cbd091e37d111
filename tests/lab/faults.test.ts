/** The lab ha-dr: its claims, and recovery from faults on its machines, through the npm commands. */
import { type Survived, chaos, survival } from "./chaos";
import { faultsOn } from "./gate";
import { TestStack, testLab } from "./stack";
import { trickle } from "./traffic";

const minutes = 60_000;
/** A pair of directors. Its pages are cheap, so that the speed of PHP on an emulated CPU does not count. */
const stack = new TestStack("faults", "ha-dr", "172.16.52", "172.16.250");
const faults = faultsOn("ha-dr");
/** Faults that the second director or the health checks must handle. */
const promised = faultsOn("ha-dr", false);

// A long interval: on a busy host, a slow real server must not count as failed.
stack.set(["services", 0, "check"], { intervalSeconds: 6 });

testLab(stack);

test(
  "the VIPs are handed over and back, and no request fails",
  async () => {
    const requests = trickle("http://172.16.250.40/healthz");
    const handed = expect.stringMatching(/director2? handed the VIPs to director2?/);
    const there = await stack.run("failover");
    expect([there.code, there.output]).toEqual([0, handed]);
    const back = await stack.run("failover");
    expect([back.code, back.output]).toEqual([0, handed]);
    const { requests: count, failures } = await requests.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(20);
  },
  5 * minutes,
);

test(
  "a run that is interrupted takes back what it injected",
  async () => {
    const interruptWhen = /nginx is stopped on a real server/;
    const { code, output } = await stack.run("chaos", ["nginx-stopped"], { interruptWhen });
    expect(code).toBe(1);
    expect(output).toContain("interrupted; what was injected has been taken back");
    // The health checks must first find the real server healthy again.
    await stack.untilWell(2);
  },
  5 * minutes,
);

describe("the site survives, and gets well by itself:", () => {
  let outcomes: readonly Survived[] = [];
  beforeAll(
    async () => {
      outcomes = await chaos(stack, ...faults);
    },
    faults.length * 5 * minutes,
  );

  test.each(faults)("%s", (name) => {
    const outcome = survival(outcomes, name);
    expect(outcome.requests).toBeGreaterThan(50);
    // The bounds themselves hold only on an otherwise idle host. Without a second director, or without checks, the
    // gap would be a minute.
    if (promised.includes(name)) expect(outcome.longestGapSeconds).toBeLessThan(15);
  });
});
