import { settingsOf, stackFileName } from "../../../settings/config";

test("a project's settings are taken without their prefix, and nobody else's", () => {
  const config = {
    "lvs-wordpress:stack": "text",
    "libvirt:uri": "qemu:///session",
    "lvs-wordpress-2:stack": "other",
  };
  expect(settingsOf("lvs-wordpress", config)).toEqual({ stack: "text" });
});

test.each<[string, unknown]>([
  ['{"cidr":"10.1.0.0/24"}', { cidr: "10.1.0.0/24" }],
  ['[{"weight":5}]', [{ weight: 5 }]],
  ["false", false],
  ["12", 12],
  ["172.16.0.0/24", "172.16.0.0/24"],
  ["{broken", "{broken"],
  ["", ""],
])("the value %s is read as what it is", (text, value) => {
  expect(settingsOf("p", { "p:key": text })).toEqual({ key: value });
});

test.each<[string, Record<string, string>, string]>([
  ["its own file", { "Pulumi.nat.yaml": "config:\n" }, "Pulumi.nat.yaml"],
  ["the lab of its name", { "labs/nat.yaml": "config:\n" }, "labs/nat.yaml"],
  [
    "its own file, though there is a lab of its name",
    { "Pulumi.nat.yaml": "# mine\nconfig:\n", "labs/nat.yaml": "config:\n" },
    "Pulumi.nat.yaml",
  ],
  [
    "the lab, where its own file is a salt alone",
    { "Pulumi.nat.yaml": "encryptionsalt: v1:abc\n", "labs/nat.yaml": "config:\n" },
    "labs/nat.yaml",
  ],
  ["its own file, though that is not there", {}, "Pulumi.nat.yaml"],
])("a stack is written in %s", (_what, files, name) => {
  expect(stackFileName("nat", (file) => files[file])).toBe(name);
});
