import type { SiteSettings } from "../../settings/site";
import { directorSysctl } from "../../templates/director";
import { arpSysctl } from "../../templates/realServer";
import { lab } from "../unit/labs";
import { Folder, ask } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const ofRealServer = (site: SiteSettings) => arpSysctl(site.realServers[0]);
const files = [
  ["a director with one NIC", directorSysctl(lab("dr-wordpress"))],
  ["a director with two, full NAT and forwarding", directorSysctl(lab("mixed"))],
  ["a director of a pair", directorSysctl(lab("ha-nat"))],
  ["a real server with one NIC", ofRealServer(lab("dr-wordpress"))],
  ["a real server with two", ofRealServer(lab("dr-dual-nic"))],
] as const;

/** The machines' NICs stand for any interface, and `lo` is one; the keys of IPVS and conntrack come with their modules. */
const onThisHost = (text: string) =>
  text
    .replaceAll(/\.eth\d\./g, ".lo.")
    .split("\n")
    .filter((line) => !/^net\.(ipv4\.vs|netfilter)\./.test(line))
    .join("\n");

test.each(files)("every line of the sysctls of %s is a key and numbers", (_machine, text) => {
  const lines = text.trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(3);
  expect(
    lines.filter((line) => !/^net\.(ipv[46]|netfilter)\.[a-z0-9_.]+ = [0-9]+( [0-9]+)?$/.test(line)),
  ).toEqual([]);
});

test.each(files)("no key stands twice in the sysctls of %s", (_machine, text) => {
  const keys = text.match(/^\S+/gm) ?? [];
  expect(new Set(keys).size).toBe(keys.length);
});

test.each(files)("the kernel knows every key of the sysctls of %s", (_machine, text) => {
  const path = folder.write("sysctl.conf", onThisHost(text));
  const { code, stderr } = ask("sysctl", ["--dry-run", "-p", path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("a key that the kernel does not know is noticed", () => {
  const text = ofRealServer(lab("dr-wordpress")).replace("arp_ignore", "arp_ignored");
  const { code, stderr } = ask("sysctl", ["--dry-run", "-p", folder.write("sysctl.conf", onThisHost(text))]);
  expect(code).toBe(1);
  expect(stderr).toContain("arp_ignored: No such file or directory");
});
