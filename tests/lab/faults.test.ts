/** The lab ha-dr: proven, and faults on its machines survived, by the commands that a person types. */
import { type Survived, chaos } from "./chaos";
import { TestStack, testClaims } from "./stack";
import { traces } from "./traces";
import { trickle } from "./traffic";

const minutes = 60_000;
/** A pair of directors, and pages that cost little: what is measured is not how fast an emulated CPU runs PHP. */
const stack = new TestStack("faults", "labs/ha-dr.yaml", "172.16.52", "172.16.250");
const faults = ["director-off", "director-frozen", "real-server-off", "vip-missing"];

// Patient: on a host that others use too, a real server that is slow is not gone.
stack.set(["services", 0, "check"], { intervalSeconds: 6 });

beforeAll(async () => {
  expect((await stack.run("up")).code).toBe(0);
}, 25 * minutes);

afterAll(async () => {
  await stack.run("down", [], { quiet: true });
  stack.forget();
  expect(traces(stack.name)).toEqual([]);
}, 5 * minutes);

testClaims(stack.name);

test(
  "the VIPs are handed over and back, and no connection fails",
  async () => {
    const requests = trickle("http://172.16.250.40/healthz");
    const handed = expect.stringMatching(/director2? handed the VIPs to director2?/);
    const there = await stack.run("failover");
    expect([there.code, there.output]).toEqual([0, handed]);
    const back = await stack.run("failover");
    expect([back.code, back.output]).toEqual([0, handed]);
    const { requests: count, failures } = await requests.stop();
    // The sorry page is an answer, of a director whose checks have just begun.
    expect(failures.filter((failure) => !failure.includes("error: 503"))).toEqual([]);
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
    const units = ["rs1", "rs2"].map((name) =>
      stack.run("ssh", [name, "sudo systemctl is-active nginx"], { quiet: true }),
    );
    expect((await Promise.all(units)).map((unit) => unit.output.trim())).toEqual(["active", "active"]);
  },
  5 * minutes,
);

describe("the site survives, and gets well by itself:", () => {
  let outcomes: readonly Survived[] = [];
  beforeAll(async () => {
    outcomes = await chaos(stack, ...faults);
  }, 20 * minutes);

  test.each(faults)("%s", (name) => {
    const outcome = outcomes.find(({ fault }) => fault === name);
    expect(outcome?.fullServiceSeconds).toBeGreaterThan(0);
    expect(outcome!.requests).toBeGreaterThan(50);
    // The bounds themselves are for a host that nobody else uses; without a second director, or checks, it would be a minute.
    expect(outcome!.longestGapSeconds).toBeLessThan(15);
  });
});
