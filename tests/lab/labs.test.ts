/**
 * Labs on real machines: up, proven, down without a trace. While one is proven, which is mostly waiting, the next one
 * comes up, and is proven too. Those that are put to other tests are proven there.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Cidr } from "../../settings/ipv4";
import { resolveSite } from "../../settings/resolve";
import { stackSettings } from "../../tools/engines";
import { projectRoot } from "../../tools/project";
import type { Verdict } from "../../verify/check";
import { type Ran, judged, npmRun, testClaims } from "./stack";
import { traces } from "./traces";

const minutes = 60_000;
/** In site, edits, faults and storage.test.ts. */
const elsewhere = ["dr-wordpress", "ipv6", "ha-dr", "ha-full"];
const labs = readdirSync(join(projectRoot, "labs"))
  .map((file) => file.replace(/\.yaml$/, ""))
  .filter((name) => !elsewhere.includes(name))
  // Last of all none that takes long to prove.
  .toReversed();

const networksOf = (name: string) =>
  resolveSite(name, stackSettings(name)).networks.map(({ cidr }) => new Cidr(cidr));

/** Some labs have the same classic addresses. */
const shareNetwork = (one: string, other: string): boolean =>
  networksOf(one).some((own) => networksOf(other).some((network) => own.overlaps(network)));

/** What became of a lab. */
interface Course {
  readonly up: number;
  readonly verdicts: readonly Verdict[];
  readonly down: number;
  /** Of it, when it was down. */
  readonly left: readonly string[];
}

const courses = new Map<string, Course>();
let goingDown = Promise.resolve();

async function prove(name: string, comesUp: Promise<Ran>): Promise<void> {
  const up = (await comesUp).code;
  const verdicts =
    up === 0
      ? await judged(name).catch((error: Error) => {
          process.stderr.write(`${error.message}\n`);
          return [];
        })
      : [];
  // One after another: what is left of one is looked for before the next may end the hypervisor.
  goingDown = goingDown.then(async () => {
    const down = (await npmRun("down", [name])).code;
    courses.set(name, { up, verdicts, down, left: traces(name) });
  });
  await goingDown;
}

/** Memory is for two of them. */
const atOnce = 2;

beforeAll(async () => {
  const there = new Map<string, Promise<void>>();
  for (const name of labs) {
    while (there.size >= atOnce || [...there.keys()].some((other) => shareNetwork(name, other)))
      await Promise.race(there.values());
    // One at a time: it takes all CPUs that there are.
    const up = npmRun("up", ["--lab", name]);
    there.set(
      name,
      prove(name, up).finally(() => there.delete(name)),
    );
    await up;
  }
  await Promise.all(there.values());
}, 60 * minutes);

afterAll(async () => {
  for (const name of labs) if (!courses.has(name)) await npmRun("down", [name], { quiet: true });
}, 15 * minutes);

describe.each(labs)("the lab %s", (name) => {
  test("comes up", () => expect(courses.get(name)?.up).toBe(0));

  testClaims(name, undefined, () => Promise.resolve(courses.get(name)?.verdicts ?? []));

  test("goes down without a trace", () => expect(courses.get(name)).toMatchObject({ down: 0, left: [] }));
});
