import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runWithProgress } from "../../../project/progress";
import { projectRoot } from "../../../project/paths";

const folder = mkdtempSync(join(tmpdir(), "lvs-progress-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Shell that waits for a file; it outlives no test run. */
const until = (file: string) => `until [ -e ${file} ] || [ ! -d ${folder} ]; do sleep 0.05; done`;
const shell = (script: string) => ["sh", "-c", script] as const;

/** What a screen was told; `has` waits for a text. */
function fakeScreen(isTTY: boolean, columns = 80) {
  const told: string[] = [];
  let look = (): void => undefined;
  const write = (text: string): boolean => {
    told.push(text.replace("\r\x1b[K", "<wipe>"));
    look();
    return true;
  };
  const has = (text: string) =>
    new Promise<void>((resolve) => {
      look = () => void (told.join("").includes(text) && resolve());
      look();
    });
  return { told, has, screen: { isTTY, columns, write } };
}

/** Seconds pass only where a test says so; programs run in their own time. */
beforeEach(() => {
  jest.useFakeTimers({
    doNotFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "nextTick", "queueMicrotask"],
  });
});
afterEach(() => {
  jest.useRealTimers();
});

test("on a terminal the last line counts the seconds and ends as it was said", async () => {
  const { told, has, screen } = fakeScreen(true);
  const flag = join(folder, "terminal");
  const ended = runWithProgress(shell(`echo making >&2; ${until(flag)}; echo done >&2`), { screen });
  await has("making … 0 s");
  jest.advanceTimersByTime(2000);
  writeFileSync(flag, "");
  await ended;
  expect(told).toEqual([
    "<wipe>making … 0 s",
    "<wipe>making … 1 s",
    "<wipe>making … 2 s",
    "<wipe>making\n",
    "<wipe>done … 0 s",
    "<wipe>done\n",
  ]);
});

test("a line wider than the terminal is cut while it counts", async () => {
  const { told, screen } = fakeScreen(true, 20);
  await runWithProgress(shell("echo installing many packages >&2"), { screen });
  expect(told).toEqual(["<wipe>installing ma … 0 s", "<wipe>installing many packages\n"]);
});

test("where no terminal is, lines pass as they are and one more comes every 15 s", async () => {
  const { told, has, screen } = fakeScreen(false);
  const flag = join(folder, "log");
  const ended = runWithProgress(shell(`echo making >&2; ${until(flag)}; echo done >&2`), { screen });
  await has("making\n");
  jest.advanceTimersByTime(40_000);
  writeFileSync(flag, "");
  await ended;
  expect(told).toEqual(["making\n", "still making: 15 s\n", "still making: 30 s\n", "done\n"]);
});

test("a label stands in for the program's own lines, and goes at the end", async () => {
  const { told, screen } = fakeScreen(true);
  const flag = join(folder, "label");
  const ended = runWithProgress(shell(`echo why >&2; ${until(flag)}; exit 1`), { label: "looking", screen });
  jest.advanceTimersByTime(1000);
  writeFileSync(flag, "");
  expect(await ended).toEqual({ status: 1, stdout: "", stderr: "why" });
  expect(told).toEqual(["<wipe>looking … 1 s", "<wipe>"]);
});

test("a program that says nothing leaves the screen alone, and its output is handed on", async () => {
  const { told, screen } = fakeScreen(true);
  const ended = runWithProgress(shell("echo path"), { screen });
  jest.advanceTimersByTime(60_000);
  expect(await ended).toEqual({ status: 0, stdout: "path\n", stderr: "" });
  expect(told).toEqual([]);
});

test("what a program leaves running does not hold it up", async () => {
  const { screen } = fakeScreen(false);
  const flag = join(folder, "daemon");
  const { stderr } = await runWithProgress(shell(`echo started >&2; (${until(flag)}) >/dev/null &`), {
    screen,
  });
  writeFileSync(flag, "");
  expect(stderr).toBe("started");
});

test("a program that is not there is an error", async () => {
  await expect(runWithProgress([join(folder, "nothing")])).rejects.toThrow("ENOENT");
});

test("Ctrl-C ends the command, once the program has ended in good order", async () => {
  const program = `trap 'echo tidied >&2; exit 0' INT; echo ready >&2; ${until(join(folder, "never"))}`;
  const command = `require("./project/progress.ts").runWithProgress(["sh", "-c", ${JSON.stringify(program)}]).then(() => console.error("went on"))`;
  // A process group of its own, as a terminal gives it.
  const child = spawn(process.execPath, ["--import", "tsx", "-e", command], {
    cwd: projectRoot,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  child.stderr.on("data", (data: Buffer) => {
    told += data.toString();
    if (told === "ready\n") process.kill(-child.pid!, "SIGINT");
  });
  expect(await once(child, "close")).toEqual([130, null]);
  expect(told).toBe("ready\ntidied\n");
});
