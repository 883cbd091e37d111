import { resolveSite } from "../../../settings/resolve";
import { saidOf } from "./said";

const shared = { shared: "uploads" };

test.each<[string, Record<string, unknown>]>([
  ["WordPress with code of its own", { wordpress: shared }],
  ["WordPress whose code is pushed", { wordpress: shared, sync: "lsyncd" }],
  ["a static site whose pages are pushed", { content: "static", sync: "lsyncd" }],
  ["a source with an address", { content: "static", sync: "lsyncd", source: { address: "172.16.0.50" } }],
])("%s has nothing to mend", (_what, raw) => {
  expect(() => resolveSite("dev", raw)).not.toThrow();
});

test.each<[string, Record<string, unknown>, string]>([
  [
    "the tree is on NFS",
    { sync: "lsyncd" },
    'sync: every real server mounts the tree from NFS; write "uploads" as wordpress.shared, or "none" here',
  ],
  [
    "the pages are on NFS",
    { content: "static", nfs: {}, sync: "lsyncd" },
    'sync: every real server mounts its pages from NFS; leave nfs out, or write "none"',
  ],
  [
    "a shop has no web files",
    { content: "shop", sync: "lsyncd" },
    'sync: a shop pushes no files; write "none"',
  ],
  [
    "nothing is pushed",
    { content: "static", source: {} },
    "source: nothing is pushed here; leave it out, or write it for a static site with sync: lsyncd",
  ],
  [
    "the NFS server is the source",
    { wordpress: shared, sync: "lsyncd", source: {} },
    "source: WordPress's source is its NFS server; leave it out, or write it for a static site with sync: lsyncd",
  ],
])("refused, as %s", (_why, raw, message) => {
  expect(saidOf(raw)).toEqual([message]);
});

test("the source's address is checked as any machine's", () => {
  const site = { content: "static", sync: "lsyncd", realServers: [{ address: "172.16.0.32" }] };
  expect(saidOf({ ...site, source: { address: "172.16.0.32" } })).toEqual([
    "realServers[0].address: 172.16.0.32 is already the address of the source; write another",
  ]);
  const storage = { name: "storage", cidr: "10.9.0.0/24", forward: "none" };
  expect(saidOf({ ...site, networks: [storage], source: { address: "10.9.0.5" } })).toEqual([
    "source.address: 10.9.0.5 is on the network storage, and rs1 is not; add an address there to its addresses",
  ]);
});
