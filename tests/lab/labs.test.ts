/** Every lab on real machines, one after another: up, proven, down without a trace. site.test.ts does so for dr-wordpress. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { resolveSite } from "../../settings/resolve";
import { stackSettings } from "../../tools/engines";
import { projectRoot } from "../../tools/project";
import type { Verdict } from "../../verify/check";
import { checksFor } from "../../verify/checks";
import { npmRun, verdictsOf } from "./stack";
import { traces } from "./traces";

const minutes = 60_000;
const labs = readdirSync(join(projectRoot, "labs"))
  .map((file) => file.replace(/\.yaml$/, ""))
  .filter((name) => name !== "dr-wordpress");

describe.each(labs)("the lab %s", (name) => {
  const checks = checksFor(resolveSite(name, stackSettings(name)));
  let verdicts: readonly Verdict[] = [];

  afterAll(() => npmRun("down", [name], { quiet: true }), 5 * minutes);

  test(
    "comes up",
    async () => {
      expect((await npmRun("up", ["--lab", name])).code).toBe(0);
      verdicts = await verdictsOf(name);
    },
    25 * minutes,
  );

  test.each(checks.map(({ claim, id }) => [claim, id]))("proves: %s", (_claim, id) => {
    expect(verdicts.find((verdict) => verdict.id === id)).toMatchObject({ ok: true });
  });

  test(
    "goes down without a trace",
    async () => {
      expect((await npmRun("down", [name])).code).toBe(0);
      expect(traces(name)).toEqual([]);
    },
    5 * minutes,
  );
});
