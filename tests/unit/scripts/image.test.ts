import { execFile, execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const script = join(__dirname, "../../../scripts/host/image.sh");
const cachedScript = join(__dirname, "../../../scripts/host/cached-image.sh");

let folder: string;
let cache: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "image-")));
  cache = join(folder, "cache");
  program("df", 'echo "Avail"; echo "  9999"');
  program("mkfs.ext4", "");
  // What it was given as sources is the last argument.
  program(
    "mmdebstrap",
    `while [ "$1" != bookworm ] && [ "$1" != trixie ]; do shift; done
printf "%s\\n" "$3" >${folder}/sources
mkdir -p "$2/boot" "$2/data/www" "$2/data/mysql"
echo kernel >"$2/boot/vmlinuz-6.1.0"
echo initrd >"$2/boot/initrd.lvs"`,
  );
  program("qemu-img", 'for file; do :; done; echo disk >"$file"');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that stands in front of the system's; it notes that it ran, and then runs `body`. */
function program(name: string, body: string): void {
  mkdirSync(join(folder, "bin"), { recursive: true });
  const text = `#!/bin/sh\necho ${name} >>${folder}/calls\n${body}\n`;
  writeFileSync(join(folder, "bin", name), text, { mode: 0o755 });
}

const environment = (more: NodeJS.ProcessEnv) => ({
  ...process.env,
  LVS_DEBIAN_MIRROR: undefined,
  PATH: `${join(folder, "bin")}:${process.env.PATH}`,
  LVS_CACHE: cache,
  ...more,
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (more: NodeJS.ProcessEnv = {}, word = "trixie"): Promise<Ended> => run(script, more, [word]);
const startCached = (word = "trixie"): Promise<Ended> => run(cachedScript, {}, [word]);

const run = (file: string, more: NodeJS.ProcessEnv, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(file, args, { env: environment(more) }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

const builds = () =>
  readFileSync(join(folder, "calls"), "utf8")
    .split("\n")
    .filter((name) => name === "mmdebstrap").length;
const directoryOf = ({ stdout }: Ended) => (JSON.parse(stdout) as { directory: string }).directory;
/** What the cache holds besides its lock. */
const cached = () => readdirSync(cache).filter((name) => name !== "lock");

describe("image.sh", () => {
  it("prints one line of JSON that says where the image is, and leaves just that in the cache", async () => {
    const ended = await start();
    expect(ended.stderr).toBe("image: installing Debian packages (trixie)\nimage: making disks\n");
    expect(ended.stdout).toMatch(/^\{"hash":"[0-9a-f]{12}","directory":".*"\}\n$/);
    const { hash, directory } = JSON.parse(ended.stdout) as { hash: string; directory: string };
    expect(directory).toBe(join(cache, hash));
    expect(cached()).toEqual([hash]);
    const files = ["initrd", "mysql.qcow2", "root.qcow2", "vmlinuz", "www.qcow2"];
    expect(readdirSync(directory).sort()).toEqual(["SHA256SUMS", ...files]);
    execFileSync("sha256sum", ["--quiet", "-c", "SHA256SUMS"], { cwd: directory });
  });

  it("builds nothing a second time, and looks for no space then", async () => {
    const first = await start();
    program("df", 'echo "Avail"; echo 0');
    expect(await start()).toEqual({ code: 0, stdout: first.stdout, stderr: "" });
    expect(builds()).toBe(1);
  });

  it("builds once when two start at the same time", async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(first.stdout).toBe(second.stdout);
    expect(builds()).toBe(1);
  });

  it.each([
    ["a file that changed", (directory: string) => appendFileSync(join(directory, "root.qcow2"), "x")],
    ["a file that is gone", (directory: string) => unlinkSync(join(directory, "initrd"))],
    ["checksums that are gone", (directory: string) => unlinkSync(join(directory, "SHA256SUMS"))],
    ["checksums cut to nothing", (directory: string) => writeFileSync(join(directory, "SHA256SUMS"), "")],
  ])("notices %s, says so and builds again", async (_what, damage) => {
    const first = await start();
    const directory = directoryOf(first);
    damage(directory);
    const second = await start();
    expect(second.stderr.split("\n")[0]).toBe(
      `image: the cached image ${directory} is damaged: building it again`,
    );
    expect(second.stdout).toBe(first.stdout);
    expect(builds()).toBe(2);
    execFileSync("sha256sum", ["--quiet", "-c", "SHA256SUMS"], { cwd: directory });
  });

  it("refuses to start with too little space, and leaves nothing behind", async () => {
    program("df", 'echo "Avail"; echo "   512"');
    expect(await start()).toEqual({
      code: 1,
      stdout: "",
      stderr: `image: ${cache} has 512 MiB free, building the image takes 4096 MiB: free some space or set LVS_CACHE to a folder on a larger disk\n`,
    });
    expect(cached()).toEqual([]);
    expect(builds()).toBe(0);
  });

  it.each(["mmdebstrap", "mkfs.ext4", "qemu-img"])("leaves nothing behind when %s fails", async (name) => {
    program(name, `echo "${name}: No space left on device" >&2; exit 1`);
    const ended = await start();
    expect(ended.code).not.toBe(0);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toContain(`${name}: No space left on device`);
    expect(cached()).toEqual([]);
  });

  it("takes nothing from a build that was killed, and clears it away the next time", async () => {
    const whole = readFileSync(join(folder, "bin/qemu-img"), "utf8");
    program("qemu-img", "kill -9 $PPID");
    expect((await start()).stdout).toBe("");
    expect(cached()).toEqual([expect.stringMatching(/^build\./)]);

    writeFileSync(join(folder, "bin/qemu-img"), whole);
    const second = await start();
    expect(second.stderr).not.toContain("damaged");
    expect(cached()).toEqual([directoryOf(second).slice(cache.length + 1)]);
  });

  it("clears a killed build away also when the image is there", async () => {
    const first = await start();
    mkdirSync(join(cache, "build.AbCdEf", "root"), { recursive: true });
    await start();
    expect(cached()).toEqual([directoryOf(first).slice(cache.length + 1)]);
    expect(builds()).toBe(1);
  });

  it("says how to get a program that is missing", async () => {
    unlinkSync(join(folder, "bin/mmdebstrap"));
    // Just enough of a system for the script to come that far.
    const tools = "bash sh env dirname find sort xargs sha256sum cut mkdir flock rm tail grep".split(" ");
    for (const tool of tools) program(tool, `exec ${which(tool)} "$@"`);
    expect(await start({ PATH: join(folder, "bin") })).toMatchObject({
      code: 1,
      stderr: "image: mmdebstrap is missing: run scripts/host/setup.sh\n",
    });
  });
});

const which = (name: string) => execFileSync("which", [name], { encoding: "utf8" }).trim();

describe("an image asked for by its hash", () => {
  it("is taken from the cache, whatever the recipe makes", async () => {
    const { directory } = JSON.parse((await start()).stdout) as { directory: string };
    const older = join(cache, "0123456789ab");
    execFileSync("cp", ["-r", directory, older]);
    expect(JSON.parse((await start({}, "0123456789ab")).stdout)).toEqual({
      hash: "0123456789ab",
      directory: older,
    });
  });

  it("is refused when neither cache nor recipe has it", async () => {
    const ended = await start({}, "0123456789ab");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /^image: there is no image 0123456789ab in .*, and the recipe here makes [0-9a-f]{12} \(trixie\) and [0-9a-f]{12} \(bookworm\): check out the commit that made it, or take image.hash out of the stack file\n$/,
    );
  });

  it("of the same recipe for another Debian release stays when one is built", async () => {
    const bookworm = JSON.parse((await run(script, {}, ["bookworm"])).stdout) as { hash: string };
    const trixie = JSON.parse((await start()).stdout) as { hash: string };
    expect(cached().sort()).toEqual([bookworm.hash, trixie.hash].sort());
  });

  it("that no stack file names goes when another is built", async () => {
    mkdirSync(join(cache, "0123456789ab"), { recursive: true });
    const { hash } = JSON.parse((await start()).stdout) as { hash: string };
    expect(cached()).toEqual([hash]);
  });
});

describe("cached-image.sh", () => {
  it("answers as image.sh does, which it asks once", async () => {
    const first = await startCached();
    expect(await start()).toEqual({ code: 0, stdout: first.stdout, stderr: "" });
    program("sha256sum", "exit 1");
    expect(await startCached()).toEqual({ code: 0, stdout: first.stdout, stderr: "" });
    expect((await start()).code).not.toBe(0);
  });

  it("asks again when a file of the image has changed", async () => {
    const first = await startCached();
    appendFileSync(join(directoryOf(first), "root.qcow2"), "x");
    const second = await startCached();
    expect(second.stderr).toContain("is damaged: building it again");
    expect([second.stdout, builds()]).toEqual([first.stdout, 2]);
  });

  it("asks again for another image", async () => {
    await startCached();
    const { code, stderr } = await startCached("0123456789ab");
    expect([code, stderr]).toEqual([1, expect.stringContaining("there is no image 0123456789ab")]);
  });
});

describe("image.sh's sources", () => {
  const sources = async (mirror?: string) => {
    await start({ LVS_DEBIAN_MIRROR: mirror });
    return readFileSync(join(folder, "sources"), "utf8");
  };
  const lines = (debian: string, security: string) =>
    `deb ${debian} trixie main\ndeb ${debian} trixie-updates main\ndeb ${security} trixie-security main\n`;

  it("are Debian's own where no mirror is named", async () => {
    expect(await sources()).toBe(
      lines("http://deb.debian.org/debian", "http://deb.debian.org/debian-security"),
    );
  });

  it("are the mirror named in LVS_DEBIAN_MIRROR", async () => {
    expect(await sources("http://mirror/debian")).toBe(
      lines("http://mirror/debian", "http://mirror/debian-security"),
    );
  });
});
