import { activeDirectors, holdsVip, tableProblems } from "../../../chaos/service";
import { resolveSite } from "../../../settings/resolve";
import type { Lab } from "../../../tools/lab";

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

test("a VIP counts on a NIC alone", () => {
  expect(holdsVip(site, "2: eth0    inet 172.16.0.40/32 scope global eth0")).toBe(true);
  expect(holdsVip(site, "1: lo    inet 172.16.0.40/32 scope global lo")).toBe(false);
  expect(holdsVip(site, "2: eth0    inet 172.16.0.4/24 scope global eth0")).toBe(false);
});

test("the active director of a pair is who holds the VIP", async () => {
  const held = { director: "", director2: `2: eth0    inet ${pair.services[0]!.vip}/32 scope global eth0` };
  const lab = {
    site: pair,
    ask: (name: keyof typeof held) => Promise.resolve({ code: 0, stdout: held[name], stderr: "" }),
  } as unknown as Lab;
  expect(await activeDirectors(lab)).toEqual(["director2"]);
});
