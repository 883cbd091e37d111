import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apply, counts } from "./run";

jest.setTimeout(60_000);

let folder: string;
let log: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lvs-engine-"));
  log = join(folder, "log");
});
afterEach(() => rmSync(folder, { recursive: true }));

const command = (name: string) => `command:local:Command::${name}`;
const password = (name: string) => `random:index/randomPassword:RandomPassword::${name}`;
const say = (word: string) => `echo ${word} >>${log}; echo said ${word}`;
const logged = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);

test("a first run makes everything, in the order that the program asks for", () => {
  const made = apply({ folder, passwords: ["secret"], commands: { one: say("1"), two: say("2") } });
  expect(made.error).toBeUndefined();
  expect(made.counts).toEqual(counts({ created: 3 }));
  expect(logged()).toEqual(["1", "2"]);
  expect(made.keys.toSorted()).toEqual([command("one"), command("two"), password("secret")]);
  expect(made.events.filter((event) => event.includes("Command"))).toEqual([
    `started create ${command("one")}`,
    `finished create ${command("one")}`,
    `started create ${command("two")}`,
    `finished create ${command("two")}`,
  ]);
  expect(made.outputs).toEqual({
    project: "tiny",
    stack: "test",
    one: "said 1",
    two: "said 2",
    secret: expect.stringMatching(/^[A-Za-z0-9]{24}$/),
  });
});

test("a second run makes nothing and puts out the same", () => {
  const spec = { folder, passwords: ["secret"], commands: { one: say("1"), two: say("2") } };
  const first = apply(spec);
  const second = apply(spec);
  expect(second.counts).toEqual(counts({ unchanged: 3 }));
  expect(second.events).toEqual([]);
  expect(second.outputs).toEqual(first.outputs);
  expect(logged()).toEqual(["1", "2"]);
});

test("a changed command runs again, and no other", () => {
  apply({ folder, commands: { one: say("1"), two: say("2"), three: say("3") } });
  const changed = apply({ folder, commands: { one: say("1"), two: say("2b"), three: say("3") } });
  expect(changed.counts).toEqual(counts({ updated: 1, unchanged: 2 }));
  expect(changed.events).toEqual([`started update ${command("two")}`, `finished update ${command("two")}`]);
  expect(changed.outputs.two).toBe("said 2b");
  expect(logged()).toEqual(["1", "2", "3", "2b"]);
});

test("what a command says on standard error is told while it runs", () => {
  const made = apply({ folder, commands: { one: "echo loading >&2; echo done" } });
  expect(made.events).toEqual([
    `started create ${command("one")}`,
    `said ${command("one")}: loading`,
    `finished create ${command("one")}`,
  ]);
});

test("after a failure what waits for it is not made, and the next run goes on", () => {
  const broken = `echo out; echo 'no such thing' >&2; ls ${folder}/fixed`;
  const commands = { one: say("1"), two: broken, three: say("3") };
  const failed = apply({ folder, commands });
  expect(failed.counts).toBeUndefined();
  expect(failed.error).toBe(
    `two ended with 2:\nno such thing\nls: cannot access '${folder}/fixed': No such file or directory`,
  );
  expect(failed.keys).toEqual([command("one"), command("two")]);
  expect(failed.events.at(-1)).toBe(`failed create ${command("two")}`);

  const repaired = apply({ folder, commands: { ...commands, two: say("2") } });
  expect(repaired.counts).toEqual(counts({ created: 2, unchanged: 1 }));
  expect(logged()).toEqual(["1", "2", "3"]);
});

test("a failing run removes nothing that an earlier one made", () => {
  apply({ folder, commands: { one: say("1"), two: say("2") } });
  const failed = apply({ folder, commands: { three: "exit 3" } });
  expect(failed.error).toMatch(/^three ended with 3:/);
  expect(failed.keys).toEqual([command("one"), command("two"), command("three")]);
});

test("what the program no longer asks for is forgotten", () => {
  apply({ folder, passwords: ["secret"], commands: { one: say("1"), two: say("2") } });
  const fewer = apply({ folder, commands: { one: say("1") } });
  expect(fewer.counts).toEqual(counts({ unchanged: 1, deleted: 2 }));
  expect(fewer.keys).toEqual([command("one")]);
  expect(fewer.outputs).toEqual({ project: "tiny", stack: "test", one: "said 1" });
});

test("down empties the journal, and a second down finds nothing to do", () => {
  apply({ folder, passwords: ["secret"], commands: { one: say("1") } });
  const gone = apply({ folder, action: "down" });
  expect(gone).toMatchObject({ deleted: 2, keys: [] });
  expect(existsSync(join(folder, "journal"))).toBe(false);
  expect(apply({ folder, action: "down" })).toMatchObject({ deleted: 0, events: [], keys: [], outputs: {} });
});

test("a resource that the offline engine does not know is refused by its type", () => {
  const refused = apply({ folder, strangers: ["aws:s3/bucket:Bucket"] });
  expect(refused.error).toBe(
    "the offline engine cannot make a aws:s3/bucket:Bucket: teach engines/offline/providers.ts, or use the engine",
  );
  expect(refused.keys).toEqual([]);
});

test("a program that fails on what a command put out fails the run", () => {
  const failed = apply({ folder, misread: true });
  expect(failed.error).toBe("words are no numbers");
});
