/**
 * The lab ha-full: its claims, failures of NFS and the database, promotion of the replica, and changes of where
 * WordPress's code is.
 */
import { type Survived, chaos, survival } from "./chaos";
import { type Change, everything, faultsOn, pushed, pushedCode, storageOnly } from "./gate";
import { TestStack, broken, judged, testLab, verdictsOf } from "./stack";
import { beside, startBeside } from "./traces";
import { trickle } from "./traffic";
import { Writing } from "./writing";

const minutes = 60_000;
const stack = new TestStack("storage", "ha-full", "172.16.60", "172.16.249");
const virsh = (...args: string[]) => beside("virsh", "-q", "-c", "qemu:///system", ...args);

/** Runs a command as root on a machine. Resolves with its output. */
const tell = async (machine: string, command: string): Promise<string> => {
  const { code, output } = await stack.run("ssh", [machine, `sudo ${command}`], { quiet: true });
  expect({ code, output }).toMatchObject({ code: 0 });
  return output;
};

const posts = (machine: string) =>
  tell(machine, `mariadb wpdb -BNe "SELECT post_title FROM wp_posts WHERE post_status = 'publish'"`);
const isPosted = (line: string) => line.startsWith("posted ");

const roleOf = async (machine: string) =>
  JSON.parse(await tell(machine, "lvs-mysql status")) as Record<string, unknown>;

for (const [path, value] of storageOnly) stack.set(path, value);
testLab(stack);

describe("the site goes on, and gets well by itself:", () => {
  const faults = faultsOn("ha-full");
  /** Faults of the machines behind the real servers. */
  const behind = faultsOn("ha-full", false);
  let outcomes: readonly Survived[] = [];
  beforeAll(
    async () => {
      outcomes = await chaos(stack, ...faults, "--rate", "2");
    },
    faults.length * 8 * minutes,
  );

  test.each(faults)("%s", (name) => {
    const outcome = survival(outcomes, name);
    expect(outcome.kept).toMatch(/post and picture/);
    // All real servers become unready at the same time, which empties no table. They go on serving their cached pages.
    if (behind.includes(name)) expect(outcome.failed).toBeLessThan(outcome.requests / 4);
  });
});

test(
  "the replica becomes the primary, and no post that was answered with success is lost",
  async () => {
    const posting = new Writing("poster", stack.name);
    await posting.until(10, isPosted);
    expect(virsh("destroy", `lvs-${stack.name}-mysql`)).toMatchObject({ code: 0 });
    const promoted = await stack.run("promote-db");
    expect(promoted).toMatchObject({ code: 0 });
    expect(promoted.output).toContain("mysql2 takes writes");
    const since = Date.now();
    await posting.until(4, (line) => Number(/^posted posted at (\d+)/.exec(line)?.[1]) > since);
    const lines = await posting.stop();
    const answered = lines.filter(isPosted).map((line) => line.slice("posted ".length));
    process.stderr.write(
      `${answered.length} posts were answered with success, ${lines.length - answered.length} were not\n`,
    );
    const there = (await posts("mysql2")).split("\n");
    expect(answered.filter((title) => !there.includes(title))).toEqual([]);
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
    const claims = ["database-tls", "database-plain", "replica", "replica-read-only", "database-roles"];
    expect(broken(await verdictsOf(stack.name, ...claims))).toEqual([]);
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
    expect(await stack.run("up", ["--yes"])).toMatchObject({ code: 0 });
    const posting = new Writing("poster", stack.name);
    await posting.until(1, isPosted);
    await posting.stop();
    expect(await tell("mysql", `mariadb -BNe "SELECT @@log_bin, @@read_only"`)).toMatch(/^0\t0$/m);
  },
  15 * minutes,
);

describe("where WordPress's code is changes over on the running site, without losing an upload:", () => {
  /** Writes a file as PHP would, through one real server. */
  const upload = async (server: string, file: string): Promise<void> => {
    const write = `echo ${file} | sudo -u www-data tee /wordpress/wp-content/uploads/${file}`;
    expect(await stack.run("ssh", [server, write], { quiet: true })).toMatchObject({ code: 0 });
  };

  const hosts = everything ? ["32", "33", "36"] : ["32", "33"];

  /** Resolves with each real server's answer for an upload. */
  const served = async (file: string): Promise<string[]> => {
    const asked = hosts.map((host) =>
      startBeside("curl", "-sSf", "-m", "20", `http://172.16.249.${host}/wp-content/uploads/${file}`),
    );
    return (await Promise.all(asked)).map(({ output }) => output.trim());
  };

  const own: readonly Change[] = [...pushedCode, [["sync"], undefined]];
  const tree: readonly Change[] = [...own, [["wordpress", "shared"], "tree"]];

  test.each<[string, readonly Change[]]>([
    ["code on each real server", own],
    ["code that is pushed", pushedCode],
    ["the tree on NFS", tree],
  ])(
    "to %s",
    async (what, changes) => {
      const file = `${what.replaceAll(" ", "-")}.txt`;
      await upload("rs1", file);
      for (const [path, value] of changes) stack.set(path, value);
      const requests = trickle(`http://172.16.249.40/wp-content/uploads/${file}`);
      expect(await stack.run("up")).toMatchObject({ code: 0 });
      // Longer than the NFS server keeps its former exports.
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      const { requests: count, failures } = await requests.stop();
      expect(count).toBeGreaterThan(20);
      // While one mount replaces the other, a real server has no files for a moment.
      expect(failures.slice(count / 10)).toEqual([]);
      expect(await served(file)).toEqual(hosts.map(() => file));
      await upload("rs2", `after-${file}`);
      expect(await served(`after-${file}`)).toEqual(hosts.map(() => `after-${file}`));
      if (changes === pushedCode) expect(broken(await judged(stack.name, pushed))).toEqual([]);
    },
    15 * minutes,
  );
});
