/** Faults on real machines, by the command that a person types: each is survived within its bound, and nothing is lost. */
import { TestStack } from "./stack";
import { traces } from "./traces";

const minutes = 60_000;
/** WordPress behind a pair of directors. */
const stack = new TestStack("faults", "labs/dr-wordpress.yaml", "172.16.0", "172.16.250");
const faults = [
  "director-off",
  "director-frozen",
  "real-server-off",
  "vip-missing",
  "nfs-unreachable",
  "mysql-restarted",
];

interface Survived {
  readonly fault: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly kept?: string;
  readonly requests: number;
}

beforeAll(async () => {
  stack.set(["directors"], 2);
  stack.set(["director", "manager"], "keepalived");
  expect((await stack.run("up")).code).toBe(0);
}, 25 * minutes);

afterAll(async () => {
  await stack.run("down", [], { quiet: true });
  stack.forget();
  expect(traces(stack.name)).toEqual([]);
}, 5 * minutes);

test(
  "a run that is interrupted takes back what it injected",
  async () => {
    const interruptWhen = /nginx is stopped on a real server/;
    const { code, output } = await stack.run("chaos", ["nginx-stopped"], { interruptWhen });
    expect(code).toBe(1);
    expect(output).toContain("interrupted; what was injected has been taken back");
    // The health checks have to find it well again.
    const deadline = Date.now() + 0.5 * minutes;
    let status = 1;
    while (status !== 0 && Date.now() < deadline)
      status = (await stack.run("status", [], { quiet: true })).code;
    expect(status).toBe(0);
  },
  5 * minutes,
);

describe("the site survives, within its bound and without loss:", () => {
  let outcomes: readonly Survived[] = [];
  beforeAll(async () => {
    const { output } = await stack.run("chaos", [...faults, "--json"]);
    const json = output.slice(output.indexOf("{\n"));
    outcomes = (JSON.parse(json.slice(0, json.lastIndexOf("}") + 1)) as { faults: Survived[] }).faults;
  }, 20 * minutes);

  test.each(faults)("%s", (name) => {
    const outcome = outcomes.find(({ fault }) => fault === name);
    expect(outcome).toMatchObject({ ok: true, problems: [], kept: "post and picture" });
    expect(outcome!.requests).toBeGreaterThan(50);
  });
});
