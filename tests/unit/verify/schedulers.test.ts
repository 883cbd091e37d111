import type { Scheduler, SchedulerFlag } from "../../../settings/schedulers";
import { type Destination, type Packet, folded } from "../../../verify/schedulers/destination";
import { hsiphash, lookupTable } from "../../../verify/schedulers/maglev";
import { boundsOf, cycleOf, scheduleOf, simulate } from "../../../verify/schedulers/schedulers";

const server = (name: string, weight: number, more: Partial<Destination> = {}): Destination => ({
  name,
  address: `192.168.8.${name === "a" ? 225 : 224}`,
  port: 80,
  weight,
  upperThreshold: 0,
  active: 0,
  inactive: 0,
  ...more,
});
/** As the kernel lists them: b was added first. */
const servers = [server("a", 5), server("b", 2)];

const packet = (more: Partial<Packet> = {}): Packet => ({
  source: "192.168.8.100",
  sourcePort: 40000,
  destination: "192.168.8.230",
  ...more,
});

const run = (
  scheduler: Scheduler,
  count: number,
  destinations = servers,
  counted: "active" | "inactive" | "none" = "active",
) =>
  simulate(
    scheduleOf(scheduler),
    destinations,
    Array.from({ length: count }, () => packet()),
    counted,
  ).join("");

describe("connections that are held go", () => {
  test.each([
    ["rr", "ababab"],
    ["wrr", "aaaabab" + "aaaabab"],
    ["lc", "ababab"],
    ["wlc", "abaabaa" + "abaabaa"],
    ["sed", "aabaaab" + "aabaaab"],
    ["nq", "abaaaab"],
    ["fo", "aaaaaaaa"],
    ["ovf", "aaaaaabbb"],
  ] as const)("by %s as %s", (scheduler, expected) => {
    expect(run(scheduler, expected.length)).toBe(expected);
  });

  test("by ovf nowhere once every server has one more than its weight", () => {
    expect(
      simulate(
        scheduleOf("ovf"),
        servers,
        Array.from({ length: 10 }, () => packet()),
        "active",
      ).at(-1),
    ).toBe("nobody");
  });

  test.each(["rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "lblc", "dh", "sh", "mh"] as const)(
    "by %s never to weight 0",
    (scheduler) => {
      expect(run(scheduler, 6, [server("a", 0), server("b", 0)])).toBe("nobody".repeat(6));
    },
  );

  test("past a server that is full, counting the connections that are ending", () => {
    const full = [server("a", 5, { upperThreshold: 4, inactive: 2 }), server("b", 2)];
    expect(run("wlc", 7, full)).toBe("baabbbb");
    expect(run("rr", 8, full)).toBe("abab" + "bbbb");
  });

  test("by wlc to the server with fewer ending connections when that is the only difference", () => {
    expect(run("wlc", 1, [server("a", 1, { inactive: 3 }), server("b", 1, { inactive: 2 })])).toBe("b");
  });
});

test("packets over UDP never count as active: sed keeps to the heaviest, and wlc balances what is remembered", () => {
  expect(run("sed", 4, servers, "inactive")).toBe("aaaa");
  expect(run("wlc", 7, servers, "inactive")).toBe("abaabaa");
});

test.each(["lblc", "lblcr"] as const)(
  "%s keeps a destination address at its server, and spreads addresses",
  (name) => {
    const packets = ["230", "231", "230", "231", "232"].map((host) =>
      packet({ destination: `192.168.8.${host}` }),
    );
    expect(simulate(scheduleOf(name), servers, packets, "active").join("")).toBe("ababa");
  },
);

test("lblc lets an overloaded server go when another is less than half used", () => {
  const busy = [server("a", 1), server("b", 4)];
  const packets = Array.from({ length: 4 }, () => packet());
  expect(simulate(scheduleOf("lblc"), busy, packets, "active").join("")).toBe("aabb");
});

describe("hashing", () => {
  const sources = Array.from({ length: 8 }, (_, step) => `192.168.8.${100 + step}`);
  const spread = (scheduler: Scheduler, packets: readonly Packet[], flags: readonly SchedulerFlag[] = []) =>
    simulate(scheduleOf(scheduler, flags), servers, packets, "none").join("");

  test("folds an IPv6 address by exclusive or of its words", () => {
    expect(folded("1.2.3.4")).toBe(0x01020304);
    expect(folded("fd00:16::40")).toBe((0xfd000016 ^ 0x40) >>> 0);
  });

  test("by sh gives a source to the server of its bucket, buckets going round by weight", () => {
    // hash_32() of these sources modulo 7 is 3, 5, 5, 5, 1, 1, 3, 3, and buckets go a a a a a b b.
    const packets = sources.map((source) => packet({ source }));
    expect(spread("sh", packets)).toBe("abbbaaaa");
  });

  test.each([
    ["sh", "sh-port"],
    ["mh", "mh-port"],
  ] as const)("by %s one source stays, and with %s its ports spread", (scheduler, flag) => {
    const packets = Array.from({ length: 40 }, (_, step) => packet({ sourcePort: 40000 + step }));
    expect(new Set(spread(scheduler, packets)).size).toBe(1);
    expect(new Set(spread(scheduler, packets, [flag])).size).toBe(2);
  });

  test.each(["sh", "mh"] as const)(
    "by %s refuses a source whose server is full, but not with the fallback",
    (scheduler) => {
      const full = servers.map((one) => ({ ...one, upperThreshold: 1, inactive: 1 }));
      const withRoom = (name: string) =>
        full.map((one) => (one.name === name ? { ...one, inactive: 0 } : one));
      for (const source of sources) {
        const own = spread(scheduler, [packet({ source })]);
        const other = own === "a" ? "b" : "a";
        const ask = (flags: readonly SchedulerFlag[]) =>
          simulate(scheduleOf(scheduler, flags), withRoom(other), [packet({ source })], "none");
        expect(ask([])).toEqual(["nobody"]);
        expect(ask([`${scheduler}-fallback`])).toEqual([other]);
      }
    },
  );

  test("by dh goes by the destination alone, whatever the weights", () => {
    const to = (host: number, source: string) => packet({ destination: `192.168.8.${host}`, source });
    // hash_32() of these is 222, 64, 101 and 199: two even ones, two odd ones.
    const hosts = [231, 232, 235, 236];
    const first = spread(
      "dh",
      hosts.map((host) => to(host, "10.0.0.1")),
    );
    expect(first).toBe(
      spread(
        "dh",
        hosts.map((host) => to(host, "10.0.0.2")),
      ),
    );
    expect(first).toBe("aabb");
  });

  test("by mh uses the kernel's hsiphash (its own test vector for four bytes)", () => {
    expect(hsiphash(0x03020100, [0x0706050403020100n, 0x0f0e0d0c0b0a0908n])).toBe(0x88d38328);
  });

  test("by mh fills the table by weight", () => {
    const places = lookupTable(servers).filter(({ name }) => name === "a").length;
    expect(Math.abs(places / 4093 - 5 / 7)).toBeLessThan(0.001);
  });
});

describe("twos", () => {
  test("draws lots, and prefers less load for the weight: shares follow the weights closely", () => {
    const bounds = boundsOf(() => [...run("twos", 28)], ["a", "b"]);
    const [fewest, most] = bounds.b!;
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThan(14);
    expect(bounds.a).toEqual([28 - most, 28 - fewest]);
  });

  test("gives nothing to a server at weight 0", () => {
    expect(run("twos", 9, [server("a", 5), server("b", 0)])).toBe("aaaaaaaaa");
  });
});

test.each([
  ["rr", [2, 5], 2],
  ["lc", [2, 5, 0], 2],
  ["wrr", [2, 5], 7],
  ["wrr", [20, 50], 7],
  ["wlc", [1, 2, 0], 3],
  ["rr", [0, 0], 1],
] as const)("a cycle of %s over weights %j is %d connections", (scheduler, weights, cycle) => {
  expect(cycleOf(scheduler, weights)).toBe(cycle);
});
