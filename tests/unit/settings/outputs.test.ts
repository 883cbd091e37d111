import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OutputsError, outputNames, outputsVersion, readOutputs } from "../../../settings/outputs";
import { resolveSite } from "../../../settings/resolve";

const site = resolveSite("dev", {});
const told = {
  version: outputsVersion,
  site: JSON.parse(JSON.stringify(site)) as Record<string, unknown>,
  url: "http://172.16.0.40/",
  imageHash: "0123456789ab",
  adminPassword: "admin's",
  databasePassword: "database's",
  caCertificate: null,
  operatorKey: "key",
  hostKeys: { director: "ssh-ed25519 AAAA" },
};

test("outputs of this version are read as they are, without what is null", () => {
  const { caCertificate, ...known } = told;
  expect(caCertificate).toBeNull();
  expect(readOutputs(told)).toEqual(known);
});

test("a stack from before there was a version is read as version 0", () => {
  const { version, ...former } = told;
  expect(readOutputs(former)).toEqual({ ...readOutputs(told), version: 0 });
  expect(version).toBe(1);
});

test("a newer version is refused, whatever else it has", () => {
  expect(() => readOutputs({ version: outputsVersion + 1, site: "another shape" })).toThrow(
    new OutputsError(
      "its outputs have version 2, and this checkout reads versions up to 1: use the checkout that brought it up, or a newer one",
    ),
  );
});

test("outputs that this version does not know are left out", () => {
  expect(readOutputs({ ...told, added: "by a newer checkout" })).toEqual(readOutputs(told));
});

test("fields of the site that this version does not know stay", () => {
  const { site: read } = readOutputs({ ...told, site: { ...told.site, added: 1 } });
  expect(read).toEqual({ ...told.site, added: 1 });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ["a missing key", { operatorKey: undefined }, /operatorKey: /],
  ["a host key that is no text", { hostKeys: { rs1: 7 } }, /hostKeys\.rs1: /],
  ["a site that is no object", { site: "dev" }, /site: /],
  ["a real server without an address", { site: { ...told.site, realServers: [{ name: "rs1" }] } }, /address/],
  ["a site without networks", { site: { ...told.site, networks: [] } }, /site\.networks: /],
  ["a version that is no number", { version: "1" }, /version: /],
])("%s is told by its path, with what to do", (_what, wrong, message) => {
  const read = () => readOutputs({ ...told, ...wrong });
  expect(read).toThrow(OutputsError);
  expect(read).toThrow(message);
  expect(read).toThrow("bring it up again with this checkout");
});

test("docs/outputs.md describes each output and the current version", () => {
  const page = readFileSync(join(__dirname, "../../../docs/outputs.md"), "utf8");
  const described = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
  expect(described).toEqual(expect.arrayContaining([...outputNames]));
  expect(page).toMatch(new RegExp(`^\\| ${outputsVersion} +\\| `, "m"));
  expect(page).toContain(`const expectedVersion = ${outputsVersion};`);
});
