import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { apply as applyAll, counts } from "./run";
import type { Spec } from "./program";

jest.setTimeout(60_000);

/** A virsh whose pool is a folder, and which logs each command. */
const virsh = `#!/usr/bin/env bash
set -euo pipefail
shift 3 # -q -c URI
echo "$*" | sed 's| /.*||' >>"$FAKE/log"
case "$1" in
  vol-create)
    name="$(sed 's|.*<name>\\(.*\\)</name>.*|\\1|' "$3")"
    [[ ! -e "$FAKE/pool/$name" ]]
    cp "$3" "$FAKE/pool/$name"
    ;;
  vol-delete) rm "$FAKE/pool/$4" 2>/dev/null || { echo "error: Storage volume not found" >&2; exit 1; } ;;
  vol-path) echo "/disks/$4" ;;
  *) exit 1 ;;
esac
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lvs-volumes-"));
  mkdirSync(join(folder, "pool"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "virsh"), virsh);
  chmodSync(join(folder, "bin", "virsh"), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const apply = (spec: Omit<Spec, "folder">) => {
  writeFileSync(join(folder, "log"), "");
  const PATH = `${join(folder, "bin")}${delimiter}${process.env.PATH}`;
  return applyAll({ folder, ...spec }, { PATH, FAKE: folder });
};
const disk = (name: string, capacity = 1) => ({ volumes: { disk: { name, capacity } } });
const pool = () => readdirSync(join(folder, "pool"));
const log = () => readFileSync(join(folder, "log"), "utf8").trim().split("\n");

test("a volume is made and its path put out", () => {
  const made = apply(disk("one"));
  expect(made.counts).toEqual(counts({ created: 1 }));
  expect(made.outputs.disk).toBe("/disks/one");
  expect(log()).toEqual(["vol-delete --pool disks one", "vol-create disks", "vol-path --pool disks one"]);
  expect(readFileSync(join(folder, "pool", "one"), "utf8")).toBe(
    "<volume><name>one</name><capacity unit='bytes'>1</capacity><target><format type='raw'/></target></volume>",
  );
});

test("a volume under a new name is made before the old one is removed", () => {
  apply(disk("one"));
  const replaced = apply(disk("two"));
  expect(replaced.counts).toEqual(counts({ replaced: 1, deleted: 1 }));
  expect(log()).toEqual([
    "vol-delete --pool disks two",
    "vol-create disks",
    "vol-path --pool disks two",
    "vol-delete --pool disks one",
  ]);
  expect(pool()).toEqual(["two"]);
  expect(replaced.keys).toEqual(["libvirt:index/volume:Volume::disk"]);
});

test("a volume replaced under its own name is still there afterwards", () => {
  apply(disk("one", 1));
  const replaced = apply(disk("one", 2));
  expect(replaced.counts).toMatchObject({ replaced: 1 });
  expect(pool()).toEqual(["one"]);
  expect(replaced.keys).toEqual(["libvirt:index/volume:Volume::disk"]);
});

test("a volume that goes back to its old name after a failed run is still there afterwards", () => {
  apply(disk("one"));
  expect(apply({ ...disk("two"), commands: { broken: "exit 1" } }).error).toMatch(/^broken ended with 1/);
  const back = apply(disk("one"));
  expect(back.error).toBeUndefined();
  expect(pool()).toEqual(["one"]);
  expect(back.keys).toEqual(["libvirt:index/volume:Volume::disk"]);
});

test("down removes every volume", () => {
  apply({ volumes: { a: { name: "one", capacity: 1 }, b: { name: "two", capacity: 1 } } });
  expect(pool()).toEqual(["one", "two"]);
  expect(apply({ action: "down" }).deleted).toBe(2);
  expect(log().toSorted()).toEqual(["vol-delete --pool disks one", "vol-delete --pool disks two"]);
  expect(pool()).toEqual([]);
});
