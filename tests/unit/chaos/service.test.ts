import { databaseProblems, tableProblems } from "../../../chaos/service";
import { activeDirectors } from "../../../running/directors";
import { resolveSite } from "../../../settings/resolve";
import type { RunningSite } from "../../../running/runningSite";

const site = resolveSite("dev", { content: "static", realServers: [{}, { weight: 2 }] });
const pair = resolveSite("dev", { content: "static", directors: 2, director: { manager: "keepalived" } });

const table = (...servers: string[]) =>
  ["TCP  172.16.0.40:80 rr", ...servers.map((server) => `  -> ${server} 0 0`)].join("\n");

test("a table with every real server at its weight lacks nothing", () => {
  expect(tableProblems(site, table("172.16.0.32:80 Route 1", "172.16.0.33:80 Route 2"))).toEqual([]);
});

test.each([
  ["gone", table("172.16.0.32:80 Route 1")],
  ["inhibited", table("172.16.0.32:80 Route 1", "172.16.0.33:80 Route 0")],
])("a real server that is %s is missed", (_how, text) => {
  expect(tableProblems(site, text)).toEqual(["web: rs2 is not in the table with its weight"]);
});

test("an empty table lacks all of them", () => {
  expect(tableProblems(site, "")).toHaveLength(2);
});

test("a drained real server has no weight in it, or is not there", () => {
  const drained = resolveSite("dev", { content: "static", realServers: [{}, { drained: true }] });
  const [serves, idle] = ["172.16.0.32:80 Route 1", "172.16.0.33:80 Route 0"];
  expect(tableProblems(drained, table(serves, idle))).toEqual([]);
  expect(tableProblems(drained, table(serves))).toEqual([]);
  expect(tableProblems(drained, table(serves, "172.16.0.33:80 Route 1"))).toHaveLength(1);
});

test("the active director of a pair is who holds the VIP", async () => {
  const isActive = ({ name }: { name: string }) => Promise.resolve(name === "director2");
  expect(await activeDirectors({ site: pair, isActive } as unknown as RunningSite)).toEqual(["director2"]);
});

test.each([
  [["primary", "replica"], []],
  [["fenced", "replica"], ["no database takes writes"]],
])("of databases that are %j it says %j", async (roles, problems) => {
  const doubled = resolveSite("dev", { mysql: { replica: true } });
  const exec = (name: string) =>
    Promise.resolve({ code: 0, stdout: JSON.stringify({ role: roles[name === "mysql" ? 0 : 1] }) });
  expect(await databaseProblems({ site: doubled, exec } as unknown as RunningSite)).toEqual(problems);
});
