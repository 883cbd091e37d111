/**
 * Labs on real machines: up, proven, down without a trace. While one is proven, which is mostly waiting, the next one
 * comes up. Those that are put to other tests are proven there.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Cidr } from "../../settings/ipv4";
import { resolveSite } from "../../settings/resolve";
import { stackSettings } from "../../tools/engines";
import { projectRoot } from "../../tools/project";
import { type Ran, npmRun, testClaims } from "./stack";
import { traces } from "./traces";

const minutes = 60_000;
/** In site, edits, faults and storage.test.ts. */
const elsewhere = ["dr-wordpress", "ipv6", "ha-dr", "ha-full"];
const labs = readdirSync(join(projectRoot, "labs"))
  .map((file) => file.replace(/\.yaml$/, ""))
  .filter((name) => !elsewhere.includes(name));

const networksOf = (name: string) =>
  resolveSite(name, stackSettings(name)).networks.map(({ cidr }) => new Cidr(cidr));

/** Some labs have the same classic addresses. */
const shareNetwork = (one: string, other: string): boolean =>
  networksOf(one).some((own) => networksOf(other).some((network) => own.overlaps(network)));

const coming = new Map<string, Promise<Ran>>();

function bringUp(name: string): Promise<Ran> {
  const run = coming.get(name) ?? npmRun("up", ["--lab", name]);
  coming.set(name, run);
  return run;
}

describe.each(labs)("the lab %s", (name) => {
  afterAll(() => npmRun("down", [name], { quiet: true }), 5 * minutes);

  test(
    "comes up",
    async () => {
      expect((await bringUp(name)).code).toBe(0);
      const next = labs[labs.indexOf(name) + 1];
      if (next !== undefined && !shareNetwork(name, next)) void bringUp(next);
    },
    25 * minutes,
  );

  testClaims(name);

  test(
    "goes down without a trace",
    async () => {
      expect((await npmRun("down", [name])).code).toBe(0);
      expect(traces(name)).toEqual([]);
    },
    5 * minutes,
  );
});
