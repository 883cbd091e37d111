import { directorSysctl } from "../../templates/director";
import { arpSysctl } from "../../templates/realServer";
import { Folder, ask } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const files = [
  ["the director", directorSysctl()],
  ["a real server", arpSysctl()],
] as const;

/** The machines' NIC stands for any interface, and `lo` is one; the keys of IPVS come with its module. */
const onThisHost = (text: string) =>
  text
    .replaceAll(".eth0.", ".lo.")
    .split("\n")
    .filter((line) => !line.startsWith("net.ipv4.vs."))
    .join("\n");

test.each(files)("every line of the sysctls of %s is a key and a number", (_machine, text) => {
  const lines = text.trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => !/^net\.ipv4\.[a-z0-9_.]+ = [0-9]$/.test(line))).toEqual([]);
});

test.each(files)("the kernel knows every key of the sysctls of %s", (_machine, text) => {
  const path = folder.write("sysctl.conf", onThisHost(text));
  const { code, stderr } = ask("sysctl", ["--dry-run", "-p", path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("a key that the kernel does not know is noticed", () => {
  const path = folder.write("sysctl.conf", onThisHost(arpSysctl()).replace("arp_ignore", "arp_ignored"));
  const { code, stderr } = ask("sysctl", ["--dry-run", "-p", path]);
  expect(code).toBe(1);
  expect(stderr).toContain("arp_ignored: No such file or directory");
});
