import { SettingsError, didYouMean, oneOf, pathText } from "../../../settings/problems";

test.each([
  [["services", 0, "vip"], "services[0].vip"],
  [["network"], "network"],
  [["realServers", 12], "realServers[12]"],
  [[], ""],
])("the path %j is written %s", (path, text) => {
  expect(pathText(path)).toBe(text);
});

test("a word close to a known one is answered with that one", () => {
  expect(didYouMean("schedular", ["vip", "port", "scheduler"])).toBe(', did you mean "scheduler"?');
  expect(didYouMean("memory", ["address", "memoryMiB"])).toBe(', did you mean "memoryMiB"?');
});

test("a word far from every known one is answered with nothing", () => {
  expect(didYouMean("colour", ["vip", "port", "scheduler"])).toBe("");
  expect(didYouMean("nat", ["dr"])).toBe("");
  expect(didYouMean("anything", [])).toBe("");
});

test("choices are listed with an or before the last", () => {
  expect(oneOf(["a"])).toBe('"a"');
  expect(oneOf(["a", "b"])).toBe('"a" or "b"');
  expect(oneOf(["a", "b", "c"])).toBe('"a", "b" or "c"');
});

test("a settings error tells every problem under the name of the file", () => {
  const problems = [
    { path: "services[0].vip", message: "is wrong" },
    { path: "network.cidr", message: "is wrong too" },
  ];
  const error = new SettingsError("Pulumi.staging.yaml", problems);
  expect(error.name).toBe("SettingsError");
  expect(error.problems).toEqual(problems);
  expect(error.message).toBe(`Pulumi.staging.yaml cannot be used as it is:
  services[0].vip: is wrong
  network.cidr: is wrong too`);
});
