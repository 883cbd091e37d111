import { readFileSync } from "node:fs";
import { Cidr } from "../../../settings/ipv4";
import { machinesOf, resolveSite } from "../../../settings/site";
import { stackSettings } from "../../../tools/engines";
import { settingsPage } from "../../../tools/settingsPage";
import { table } from "../../../tools/table";

const stacks = ["dev", "staging", "prod"];
const sites = stacks.map((stack) => resolveSite(stack, stackSettings(stack)));

test("dev is the classic site", () => {
  const [dev] = sites;
  expect(machinesOf(dev!).map(({ name, address }) => [name, address])).toEqual([
    ["director", "172.16.0.31"],
    ["rs1", "172.16.0.32"],
    ["rs2", "172.16.0.33"],
    ["nfs", "172.16.0.34"],
    ["mysql", "172.16.0.35"],
  ]);
  expect(dev!.services).toEqual([
    { name: "web", vip: "172.16.0.40", port: 80, protocol: "tcp", scheduler: "rr", forwarding: "dr" },
  ]);
  expect(dev!.realServers.map(({ weight }) => weight)).toEqual([1, 2]);
});

test("a whole dev site takes at most 4 GiB", () => {
  expect(machinesOf(sites[0]!).reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)).toBeLessThanOrEqual(4096);
});

test("no two stacks share a network, a bridge or a MAC", () => {
  const networks = sites.map((site) => new Cidr(site.network.cidr));
  networks.forEach((network, index) => {
    for (const other of networks.slice(index + 1)) expect(network.overlaps(other)).toBe(false);
  });
  expect(new Set(sites.map((site) => site.network.bridge)).size).toBe(stacks.length);
  const macs = sites.flatMap((site) => machinesOf(site).map(({ mac }) => mac));
  expect(new Set(macs).size).toBe(macs.length);
});

test("docs/settings.md is what npm run docs makes of the schema", () => {
  expect(readFileSync("docs/settings.md", "utf8")).toBe(settingsPage());
});

test("a table's columns are as wide as their widest cell, and no line ends in blanks", () => {
  expect(table(["a", "long title"], [["wide cell", "x"]])).toBe("a          long title\nwide cell  x");
});
