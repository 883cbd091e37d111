import { resolveSite } from "../../../settings/resolve";
import { drainedNames } from "../../../settings/site";
import { findDrained } from "../../../running/directors";
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
  expect(asked).toEqual(["director: cat /etc/lvs/drained"]);
});
