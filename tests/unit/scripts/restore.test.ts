/** lvs-restore: what is damaged is refused with nothing touched; what is whole is put in place, or taken back. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { BackedUpSite } from "./backups";

let site: BackedUpSite;
let file: string;
beforeEach(() => {
  site = new BackedUpSite();
  file = site.taken();
  site.write("sql", "");
  site.write(`${site.uploads}/cat.png`, "another cat");
});
afterEach(() => site.remove());

const prepare = (path: string) => site.tool("lvs-restore", "prepare", path);
const cat = () => site.read(`${site.uploads}/cat.png`);
const restoring = () => readdirSync(site.path("data")).includes(".lvs-restore");

function spoilt(name: string, spoil: (bytes: Buffer) => Buffer): string {
  const copy = site.copy(file, name);
  writeFileSync(copy, spoil(readFileSync(copy)));
  return copy;
}

/** Another byte `from` the beginning. */
const flipped = (bytes: Buffer, from: number): Buffer => {
  bytes[from]! ^= 255;
  return bytes;
};

test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
  ["cut off", (bytes) => bytes.subarray(0, bytes.length >> 1), /is damaged: it ends too early/],
  ["no backup", () => Buffer.from("hello\n"), /is no backup of a site/],
  ["empty", () => Buffer.alloc(0), /is no backup of a site/],
  [
    "altered in the manifest",
    (bytes) => flipped(bytes, 520),
    /is damaged: manifest is not as it was written/,
  ],
  [
    "altered in a picture",
    (bytes) => flipped(bytes, bytes.indexOf("cat", bytes.indexOf("cat.png") + 400)),
    /is damaged: wp-content.tar is not as it was written/,
  ],
])("a file that is %s is refused, and nothing is touched", (_what, spoil, message) => {
  const { code, stderr } = prepare(spoilt("spoilt.tar", spoil));
  expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  expect(site.lines("sql").filter((line) => !line.includes("DROP DATABASE IF EXISTS"))).toEqual([]);
  expect(cat()).toBe("another cat");
  expect(restoring()).toBe(false);
});

test.each([
  ["databaseVersion", "x[\\$(touch $GUEST/executed)]"],
  ["site", "http://x' OR 1 OR '"],
])("a %s that is code is not run, however right the sums are", (key, value) => {
  const copy = site.copy(file, "forged.tar");
  const forge = `cd "$GUEST/copies" && tar -xf "$1" && sed -i "s|^${key} .*|${key} ${value}|" manifest &&
    sha256sum manifest database.sql.gz wp-content.tar >SHA256SUMS &&
    tar -cf "$1" manifest SHA256SUMS database.sql.gz wp-content.tar`;
  expect(site.run("bash", ["-c", forge, "-", copy]).code).toBe(0);
  const { code, stderr } = prepare(copy);
  expect([code, stderr]).toEqual([1, "forged.tar has a manifest that no site wrote\n"]);
  expect(existsSync(site.path("executed"))).toBe(false);
});

test("a backup of a newer WordPress is refused", () => {
  site.write("data/wordpress/wp-includes/version.php", "$wp_version = '6.0';\n$wp_db_version = 53000;\n");
  const { code, stderr } = prepare(file);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("it is of WordPress 6.1.9, which is newer than the site's"),
  ]);
  expect(restoring()).toBe(false);
});

test("what is prepared stands beside the site, is swapped in at once, and then forgotten", () => {
  expect(prepare(file)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^dev of \S+: 3 posts, 1 attachments/),
  });
  expect(cat()).toBe("another cat");
  expect(site.read("sql")).not.toMatch(/RENAME/);
  expect(site.tool("lvs-restore", "swap").code).toBe(0);
  expect(cat()).toBe("cat");
  expect(site.lines("sql").filter((line) => line.includes("RENAME"))).toEqual(["-e RENAME TABLE moves"]);
  expect(site.tool("lvs-restore", "finish").code).toBe(0);
  expect(restoring()).toBe(false);
  expect(cat()).toBe("cat");
});

test("a swap can be undone, and one that failed too", () => {
  prepare(file);
  site.tool("lvs-restore", "swap");
  expect(site.tool("lvs-restore", "undo").code).toBe(0);
  expect(cat()).toBe("another cat");
  expect(restoring()).toBe(false);

  prepare(file);
  site.write("refuses", "RENAME");
  expect(site.tool("lvs-restore", "swap").code).not.toBe(0);
  expect(site.tool("lvs-restore", "undo").code).toBe(0);
  expect(cat()).toBe("another cat");
});

test("nothing is swapped that was not prepared", () => {
  expect(site.tool("lvs-restore", "swap")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("nothing is prepared"),
  });
  expect(cat()).toBe("another cat");
});

test("another installation's backup gets this site's first user; one of its own stays as it is", () => {
  const adopts = () => site.read("sql").includes("theirs.user_pass = ours.user_pass");
  prepare(file);
  expect(adopts()).toBe(false);
  site.write("installed", "2026-11-21 09:00:00\n");
  prepare(file);
  expect(adopts()).toBe(true);
});
