import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Entry, Journal } from "../../../../engines/offline/journal";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lvs-journal-"));
  file = join(folder, "below", "dev.journal");
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (passphrase = "correct horse") => new Journal(file, passphrase);
const wrong = () =>
  new Error(
    `${file} cannot be opened with this passphrase: set PULUMI_CONFIG_PASSPHRASE to the one it was made with`,
  );

function entry(name: string, more: Partial<Entry> = {}): Entry {
  const inputs = { create: `echo ${name}` };
  return { key: `t::${name}`, type: "t", name, inputs, id: `${name}-id`, outputs: {}, ...more };
}

test("a new journal knows nothing and writes nothing", () => {
  const journal = open();
  expect(journal.entries).toEqual([]);
  expect(journal.outputs).toEqual({});
  expect(journal.find("t::one")).toBeUndefined();
  expect(existsSync(file)).toBe(false);
});

test("entries survive reopening, in the order in which they were made", () => {
  const one = entry("one", { outputs: { result: "pässword" } });
  const journal = open();
  journal.put(one);
  journal.put(entry("two"));
  journal.setOutputs({ url: "http://172.16.0.40/" });
  const again = open();
  expect(again.entries).toEqual([one, entry("two")]);
  expect(again.find("t::one")).toEqual(one);
  expect(again.outputs).toEqual({ url: "http://172.16.0.40/" });
});

test("an entry takes the place of the one with its key", () => {
  const journal = open();
  for (const name of ["one", "two", "three"]) journal.put(entry(name));
  journal.put(entry("two", { id: "newer" }));
  expect(open().entries.map(({ key, id }) => [key, id])).toEqual([
    ["t::one", "one-id"],
    ["t::two", "newer"],
    ["t::three", "three-id"],
  ]);
});

test("a removed entry is gone, also after reopening", () => {
  const journal = open();
  journal.put(entry("one"));
  journal.put(entry("two"));
  journal.remove(entry("one"));
  expect(journal.find("t::one")).toBeUndefined();
  expect(open().entries).toEqual([entry("two")]);
});

test("the file is its owner's alone, and nothing lies beside it", () => {
  open().put(entry("one"));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, "below"))).toEqual(["dev.journal"]);
});

test("no text of an entry can be read in the file", () => {
  const journal = open();
  journal.put(entry("one", { outputs: { result: "TOP-SECRET" } }));
  journal.setOutputs({ password: "TOP-SECRET" });
  const sealed = readFileSync(file).toString("latin1");
  for (const text of ["TOP-SECRET", "echo one", "one-id", "outputs", "correct horse"])
    expect(sealed).not.toContain(text);
});

test("the same content is sealed differently each time", () => {
  const journal = open();
  journal.put(entry("one"));
  const first = readFileSync(file);
  journal.put(entry("one"));
  const second = readFileSync(file);
  expect(second.length).toBe(first.length);
  expect(second.equals(first)).toBe(false);
});

test("another passphrase is refused, and says which one is meant", () => {
  open().put(entry("one"));
  expect(() => open("battery staple")).toThrow(wrong());
  expect(open().entries).toEqual([entry("one")]);
});

test("a file that was tampered with is refused", () => {
  open().put(entry("one"));
  const sealed = readFileSync(file);
  sealed[sealed.length - 1]! ^= 1;
  writeFileSync(file, sealed);
  expect(() => open()).toThrow(wrong());
});

test.each([0, 10, 20, 40])("a file cut off after %i bytes is refused", (length) => {
  open().put(entry("one"));
  writeFileSync(file, readFileSync(file).subarray(0, length));
  expect(() => open()).toThrow(wrong());
});

test("erasing leaves no file, and may be done twice", () => {
  const journal = open();
  journal.put(entry("one"));
  journal.erase();
  expect(readdirSync(join(folder, "below"))).toEqual([]);
  journal.erase();
  expect(open().entries).toEqual([]);
});
