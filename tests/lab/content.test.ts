/** Where WordPress's code is changes over on a running site, both ways: no upload is lost, and visitors hardly notice. */
import { startBeside, traces } from "./traces";
import { trickle } from "./traffic";
import { TestStack } from "./stack";

const minutes = 60_000;
const stack = new TestStack("content", "labs/synced.yaml", "172.16.56", "172.16.253");
const vip = "172.16.253.40";
const uploads = "/wordpress/wp-content/uploads";

const up = async (): Promise<void> => expect((await stack.run("up")).code).toBe(0);

/** A file as PHP would write it, through one real server. */
const upload = async (server: string, file: string): Promise<void> => {
  const write = `echo ${file} | sudo -u www-data tee ${uploads}/${file}`;
  expect((await stack.run("ssh", [server, write], { quiet: true })).code).toBe(0);
};

/** What each real server answers for an upload. */
const served = async (file: string): Promise<string[]> => {
  const asked = ["172.16.253.32", "172.16.253.33"].map((address) =>
    startBeside("curl", "-sS", "-f", "--max-time", "20", `http://${address}/wp-content/uploads/${file}`),
  );
  return (await Promise.all(asked)).map(({ output }) => output.trim());
};

beforeAll(up, 25 * minutes);

afterAll(async () => {
  await stack.run("down", [], { quiet: true });
  stack.forget();
  expect(traces(stack.name)).toEqual([]);
}, 5 * minutes);

test.each<[string, string | undefined, string | undefined]>([
  ["the tree on NFS", "tree", undefined],
  ["code on each real server", "uploads", undefined],
  ["code that is pushed", "uploads", "lsyncd"],
])(
  "to %s",
  async (what, shared, sync) => {
    const file = `${what.replaceAll(" ", "-")}.txt`;
    await upload("rs1", file);
    stack.set(["wordpress", "shared"], shared);
    stack.set(["sync"], sync);
    const requests = trickle(`http://${vip}/wp-content/uploads/${file}`);
    await up();
    // Longer than the NFS server still exports what it exported before.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const { requests: count, failures } = await requests.stop();
    expect(count).toBeGreaterThan(20);
    expect(failures.length).toBeLessThan(5);
    expect(await served(file)).toEqual([file, file]);
    await upload("rs2", `after-${file}`);
    expect(await served(`after-${file}`)).toEqual([`after-${file}`, `after-${file}`]);
  },
  15 * minutes,
);
