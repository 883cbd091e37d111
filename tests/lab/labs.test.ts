/**
 * Labs on real machines: one after another comes up, is proven, and goes down without a trace. Labs with tests of their own are
 * proven in those tests. The lab ipv6 is edited at the same time, because edits mostly wait.
 */
import type { Verdict } from "../../verify/claim";
import { edited, testEdits } from "./edits";
import { allLabs, everything, gate, tested } from "./gate";
import { type TakenDown, judged, npmRun, takeDown, testClaims, testLab } from "./stack";

const minutes = 60_000;
/** Labs of the tests in site.test.ts, faults.test.ts, storage.test.ts and edits.ts are proven there. */
const labs = [...allLabs().keys()]
  .filter((lab) => (everything || gate().has(lab)) && !tested.some((one) => one === lab))
  .sort();

/** The results of a lab. */
interface Course {
  readonly up: number;
  readonly verdicts: readonly Verdict[];
  readonly down: TakenDown;
}

const courses = new Map<string, Course>();

async function prove(name: string): Promise<Course> {
  const { code: up } = await npmRun("up", ["--lab", name]);
  const verdicts =
    up === 0
      ? await judged(name, name).catch((error: Error) => {
          process.stderr.write(`${error.message}\n`);
          return [];
        })
      : [];
  return { up, verdicts, down: await takeDown(name) };
}

async function proveAll(): Promise<void> {
  for (const name of labs) courses.set(name, await prove(name));
}

let proving: Promise<void> | undefined;

describe("the lab ipv6", () => {
  testLab(edited);
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
