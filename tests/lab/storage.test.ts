/** The database's primary is powered off while posts are written: its replica takes over, and every post that was answered is there. */
import { TestStack } from "./stack";
import { beside, startBeside, traces } from "./traces";

const minutes = 60_000;
const stack = new TestStack("replica", "labs/dr-wordpress.yaml", "172.16.0", "172.16.249");
const virsh = (...args: string[]) => beside("virsh", "-q", "-c", "qemu:///system", ...args);

/** Publishes posts for so long; gives the lines of poster.ts. */
const post = async (seconds: number): Promise<string[]> => {
  const command = [process.execPath, "--import", "tsx", "tests/lab/poster.ts", stack.name, String(seconds)];
  return (await startBeside(...command)).output.split("\n").filter(Boolean);
};

/** What a machine says, as root. */
const tell = async (machine: string, command: string): Promise<string> => {
  const { code, output } = await stack.run("ssh", [machine, `sudo ${command}`], { quiet: true });
  expect({ code, output }).toMatchObject({ code: 0 });
  return output;
};

const posts = (machine: string) =>
  tell(machine, `mariadb wpdb -BNe "SELECT post_title FROM wp_posts WHERE post_status = 'publish'"`);
const titlesIn = (lines: readonly string[]) => lines.flatMap((line) => /^posted (.*)$/.exec(line)?.[1] ?? []);

const roleOf = async (machine: string) =>
  JSON.parse(await tell(machine, "lvs-mysql status")) as Record<string, unknown>;

beforeAll(async () => {
  stack.set(["mysql", "replica"], true);
  expect(await stack.run("up")).toMatchObject({ code: 0 });
}, 25 * minutes);

afterAll(async () => {
  await stack.run("down", [], { quiet: true });
  stack.forget();
  expect(traces(stack.name)).toEqual([]);
}, 5 * minutes);

test(
  "the replica becomes the primary, and no post that was answered with success is lost",
  async () => {
    const posting = Promise.all([post(110), post(110)]);
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    expect(virsh("destroy", `lvs-${stack.name}-mysql`)).toMatchObject({ code: 0 });
    const promoted = await stack.run("promote-db");
    expect(promoted).toMatchObject({ code: 0 });
    expect(promoted.output).toContain("mysql2 takes writes");
    const lines = (await posting).flat();
    const answered = titlesIn(lines);
    const failed = lines.filter((line) => line.startsWith("failed")).length;
    process.stderr.write(`${answered.length} posts were answered with success, ${failed} were not\n`);
    const there = (await posts("mysql2")).split("\n");
    expect(answered.length).toBeGreaterThan(4);
    expect(answered.filter((title) => !there.includes(title))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^posted/);
  },
  10 * minutes,
);

test(
  "the former primary follows when it is back, takes no writes, and has every post",
  async () => {
    expect(await stack.run("up")).toMatchObject({ code: 0 });
    expect(await roleOf("mysql")).toMatchObject({ role: "replica", following: true });
    expect(await roleOf("mysql2")).toMatchObject({ role: "primary", semiSynchronous: true, replicas: 1 });
    expect(await posts("mysql")).toBe(await posts("mysql2"));
    expect(await stack.run("verify")).toMatchObject({ code: 0 });
  },
  15 * minutes,
);

test(
  "a planned promotion takes the site back, and the replica can be given up",
  async () => {
    const before = await posts("mysql2");
    expect(await stack.run("promote-db")).toMatchObject({ code: 0 });
    expect(await roleOf("mysql")).toMatchObject({ role: "primary", semiSynchronous: true, replicas: 1 });
    expect(await posts("mysql")).toBe(before);
    stack.set(["mysql", "replica"], undefined);
    stack.set(["mysql", "primary"], undefined);
    expect(await stack.run("up")).toMatchObject({ code: 0 });
    expect(titlesIn(await post(10)).length).toBeGreaterThan(0);
    expect(await tell("mysql", `mariadb -BNe "SELECT @@log_bin, @@read_only"`)).toMatch(/^0\t0$/m);
  },
  15 * minutes,
);
