/**
 * Labs on real machines: each comes up, is proven, and goes down without a trace. Proofs mostly wait, so the next lab
 * comes up meanwhile. Labs with tests of their own are proven in those tests. The lab ipv6 is edited at the same
 * time.
 */
import { Cidr } from "../../settings/ipv4";
import { machinesOf } from "../../settings/site";
import type { Verdict } from "../../verify/claim";
import { edited, testEdits } from "./edits";
import { allLabs, everything, gate, tested } from "./gate";
import { type Ran, type TakenDown, judged, npmRun, takeDown, testClaims, testLab } from "./stack";

const minutes = 60_000;
/** Labs of the tests in site.test.ts, faults.test.ts, storage.test.ts and edits.ts are proven there. */
const sites = allLabs();
const labs = [...sites.keys()]
  .filter((lab) => (everything || gate().has(lab)) && !tested.some((one) => one === lab))
  .sort()
  // In reverse order, so that no lab with a long proof is the last.
  .toReversed();

const networksOf = (name: string) => sites.get(name)!.networks.map(({ cidr }) => new Cidr(cidr));

/** Some labs use the same addresses, so they cannot be up together. */
const shareNetwork = (one: string, other: string): boolean =>
  networksOf(one).some((own) => networksOf(other).some((network) => own.overlaps(network)));

/** The results of a lab. */
interface Course {
  readonly up: number;
  readonly verdicts: readonly Verdict[];
  readonly down: TakenDown;
}

const courses = new Map<string, Course>();

async function prove(name: string, comesUp: Promise<Ran>): Promise<void> {
  const up = (await comesUp).code;
  const verdicts =
    up === 0
      ? await judged(name, name).catch((error: Error) => {
          process.stderr.write(`${error.message}\n`);
          return [];
        })
      : [];
  courses.set(name, { up, verdicts, down: await takeDown(name) });
}

/** Number of machines of these labs that fit in memory, next to the lab that is edited. */
const machinesAtOnce = 8;
const machinesIn = (names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + machinesOf(sites.get(name)!).length, 0);

async function proveAll(): Promise<void> {
  const there = new Map<string, Promise<void>>();
  for (const name of labs) {
    const fits = () =>
      machinesIn([...there.keys(), name]) <= machinesAtOnce &&
      ![...there.keys()].some((other) => shareNetwork(name, other));
    while (there.size > 0 && !fits()) await Promise.race(there.values());
    // One `up` at a time, because each uses all CPUs.
    const up = npmRun("up", ["--lab", name]);
    there.set(
      name,
      prove(name, up).finally(() => there.delete(name)),
    );
    await up;
  }
  await Promise.all(there.values());
}

let proving: Promise<void> | undefined;

describe("the lab ipv6", () => {
  testLab(edited);
  // Edits spend most of their time waiting, so the other labs are proven meanwhile.
  beforeAll(() => {
    proving = proveAll();
    // The tests below report a failure.
    proving.catch(() => undefined);
  });
  testEdits();
});

describe("beside it, the lab", () => {
  beforeAll(() => (proving ??= proveAll()), 60 * minutes);

  afterAll(async () => {
    for (const name of labs) if (!courses.has(name)) await takeDown(name);
  }, 15 * minutes);

  describe.each(labs)("%s", (name) => {
    test("comes up", () => expect(courses.get(name)?.up).toBe(0));

    testClaims(name, name, () => Promise.resolve(courses.get(name)?.verdicts ?? []));

    test("goes down without a trace", () => expect(courses.get(name)?.down).toEqual({ code: 0, left: [] }));
  });
});
