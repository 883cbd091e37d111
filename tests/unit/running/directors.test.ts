import { resolveSite } from "../../../settings/resolve";
import { drainedNames } from "../../../settings/site";
import { type DirectorView, directorLines, findDrained, pairProblem } from "../../../running/directors";
import type { RunningSite } from "../../../running/runningSite";

test.each([
  ["nobody any more", { code: 0, stdout: "" }, []],
  ["another one", { code: 0, stdout: "rs2\n" }, ["rs2"]],
  ["nobody knows whom", { code: 1, stdout: "" }, ["rs1"]],
])("who is drained is who the active director says: %s", async (_whom, said, names) => {
  const asked: string[] = [];
  const running = {
    site: resolveSite("dev", { content: "static", realServers: [{ drained: true }, {}] }),
    exec: (name: string, script: string) => Promise.resolve((asked.push(`${name}: ${script}`), said)),
  } as unknown as RunningSite;
  await findDrained(running);
  expect(drainedNames(running.site)).toEqual(names);
  expect(asked).toEqual(["director: cat /etc/lvs/drained && { cat /etc/lvs/leaving 2>/dev/null || true; }"]);
});

describe("of a pair", () => {
  const pair = {
    site: resolveSite("ha", { directors: 2, director: { manager: "keepalived" } }),
  } as unknown as RunningSite;
  const view = (name: string, role: DirectorView["role"]): DirectorView => ({
    name,
    role,
    drained: [],
    leaving: [],
    log: [],
    disagreements: [],
  });
  const views = (one: DirectorView["role"], other: DirectorView["role"]) => [
    view("director", one),
    view("director2", other),
  ];

  test("exactly one is the master", () => {
    expect(pairProblem(pair, views("standby", "master"))).toBeUndefined();
  });

  test.each<[string, DirectorView["role"], DirectorView["role"], string]>([
    ["none", "standby", "standby", "no director holds the VIPs"],
    ["none, as one does not answer", "standby", undefined, "no director holds the VIPs"],
    ["both", "master", "master", "both directors hold the VIPs (split brain)"],
  ])("%s is told in a line of its own", (_who, one, other, line) => {
    expect(directorLines(pair, views(one, other)).join("\n")).toContain(line);
    expect(pairProblem(pair, views(one, other))).toContain(line);
  });

  test("real servers that left are told", () => {
    const [one, other] = views("master", "standby") as [DirectorView, DirectorView];
    expect(directorLines(pair, [{ ...one, leaving: ["rs1"] }, other])).toContain(
      "being replaced: rs1; if no up is running, npm run undrain brings them back",
    );
  });

  test("a single director is no pair", () => {
    const alone = { site: resolveSite("dev", {}) } as unknown as RunningSite;
    expect(pairProblem(alone, [view("director", "single")])).toBeUndefined();
  });
});
