import type { RunningSite } from "../../../running/runningSite";
import {
  type Claim,
  eventually,
  ensure as holds,
  proveClaim,
  proveClaims,
  cached,
} from "../../../verify/claim";

const running = {} as RunningSite;
const check = (prove: Claim["prove"]): Claim => ({ id: "x", text: "it holds", prove });

test("a claim that is proven holds, with its evidence", async () => {
  expect(
    await proveClaim(
      check(() => Promise.resolve("seen")),
      running,
    ),
  ).toMatchObject({ id: "x", ok: true, evidence: "seen" });
});

test("a claim whose proof throws does not hold, and tells what was seen", async () => {
  const verdict = await proveClaim(
    check(async () => (holds(false, "two MACs answered"), "never")),
    running,
  );
  expect(verdict).toMatchObject({ ok: false, evidence: "two MACs answered" });
});

test("a claim that is not proven in time does not hold", async () => {
  const never = { ...check(() => new Promise(() => undefined)), waitsSeconds: 0.05 };
  expect(await proveClaim(never, running, 0.1)).toMatchObject({
    ok: false,
    evidence: expect.stringMatching(/^not proven within 0.15\d* s$/),
  });
});

test("what comes true in time is waited for", async () => {
  let tries = 0;
  const attempt = async () => (holds(++tries === 2, "not yet"), "now");
  expect(await eventually(5, attempt)).toBe("now");
});

test("what never comes true ends in what was seen last", async () => {
  await expect(eventually(0.1, async () => Promise.reject(new Error("never")))).rejects.toThrow("never");
});

describe("claims", () => {
  const seen: string[] = [];
  beforeEach(() => seen.splice(0));
  const named = (id: string, group?: string): Claim => ({
    ...check(async () => {
      seen.push(`${id} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`${id} ends`);
      return id;
    }),
    id,
    ...(group !== undefined && { group }),
  });

  test("of one group are proven at the same time, others one after another, and told in order", async () => {
    const told: string[] = [];
    const verdicts = await proveClaims(
      [named("a", "x"), named("b", "x"), named("c"), named("d"), named("e", "y")],
      running,
      ({ id }) => told.push(id),
    );
    expect(seen.join(", ")).toBe(
      "a begins, b begins, a ends, b ends, c begins, c ends, d begins, d ends, e begins, e ends",
    );
    expect(told).toEqual(["a", "b", "c", "d", "e"]);
    expect(verdicts.map(({ evidence }) => evidence)).toEqual(told);
  });
});

test("what several claims look at is read once for each running site", async () => {
  const got: string[] = [];
  const get = (name: string) => async () => got.push(name);
  const [one, other] = [{}, {}] as [RunningSite, RunningSite];
  await Promise.all([cached(one, "k", get("a")), cached(one, "k", get("b")), cached(other, "k", get("c"))]);
  await cached(one, "l", get("d"));
  expect(got).toEqual(["a", "c", "d"]);
});
