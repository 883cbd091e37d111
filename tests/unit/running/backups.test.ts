import { resolveSite } from "../../../settings/resolve";
import { backupState, requireBackups, replaceContent, takeBackup } from "../../../running/backups";
import { type RunningSite, cutOff } from "../../../running/runningSite";

/** A lab that notes what it is told, and what is asked of it; `fails` are commands that end with `failure`. */
function labOf(fails: readonly string[] = [], frontPage = 200, failure = 1) {
  const told: string[] = [];
  const exec = (name: string, script: string) => {
    told.push(`${name}: ${script}`);
    const failed = fails.some((command) => script.includes(command));
    return Promise.resolve({
      code: failed ? failure : 0,
      stdout: failed ? "why\n" : "a.tar\nb.tar\n",
      stderr: "",
    });
  };
  const lab = {
    site: resolveSite("dev", { backup: {} }),
    exec,
    async execOk(name: string, script: string) {
      const { code, stdout } = await exec(name, script);
      if (code !== 0) throw new Error(stdout.trim());
      return stdout.trim();
    },
    get: (path: string) => {
      told.push(`GET ${path.replace(/\d+$/, "NOW")}`);
      return Promise.resolve({ status: frontPage });
    },
  };
  return { lab: lab as unknown as RunningSite, told };
}

const stop = ["rs1", "rs2"].map(
  (name) => `${name}: systemctl stop php-fpm.service lvs-cron.timer lvs-cron.service`,
);
const start = ["rs1", "rs2"].map(
  (name) => `${name}: echo 2 >/proc/sys/vm/drop_caches; systemctl start php-fpm.service lvs-cron.timer`,
);
/** Otherwise the real servers would start php-fpm again. */
const repairs = (command: string) =>
  ["rs1", "rs2"].map((name) => `${name}: ! command -v lvs-reconcile >/dev/null || lvs-reconcile ${command}`);
const silent = (text: string) => {
  throw new Error(text);
};

test("nobody writes while what was restored takes the place of what was there, which goes once the site answers", async () => {
  const { lab: running, told } = labOf();
  await replaceContent(running, silent);
  expect(told).toEqual([
    ...repairs("--hold restore 180"),
    ...stop,
    "nfs: lvs-restore swap",
    ...start,
    "GET /?restored=NOW",
    "nfs: lvs-restore finish",
    ...repairs("--release restore"),
  ]);
});

test.each<[string, string[], number, string]>([
  ["whose swap fails", ["restore swap"], 200, "why"],
  ["that does not answer 200 afterwards", [], 500, "the site answered 500 with what was restored"],
])("a site %s gets back what it had, and its php-fpm", async (_what, fails, frontPage, message) => {
  const { lab: running, told } = labOf(fails, frontPage);
  await expect(replaceContent(running, silent)).rejects.toThrow(message);
  expect(told.slice(-7)).toEqual([
    ...stop,
    "nfs: lvs-restore undo",
    ...start,
    ...repairs("--release restore"),
  ]);
  expect(told).not.toContain("nfs: lvs-restore finish");
});

test("a real server that does not answer is told, and the others are restored", async () => {
  const { lab: running } = labOf(["systemctl stop"], 200, cutOff);
  const said: string[] = [];
  await replaceContent(running, (text) => said.push(text));
  expect(said).toEqual(["rs1", "rs2"].map((name) => `${name} does not answer: its php-fpm is not stopped`));
});

test("where php-fpm cannot be stopped, nothing is restored", async () => {
  const { lab: running, told } = labOf(["systemctl stop"]);
  await expect(replaceContent(running, silent)).rejects.toThrow(
    "rs1 cannot stop php-fpm, so nothing was restored",
  );
  expect(told).not.toContain("nfs: lvs-restore swap");
  expect(told.slice(-4)).toEqual([...start, ...repairs("--release restore")]);
});

test("a backup is taken by the timer's service, and is the newest that is kept", async () => {
  const { lab: running, told } = labOf();
  expect(await takeBackup(running)).toBe("b.tar");
  expect(told[0]).toBe("nfs: systemctl start lvs-backup.service");
});

test("a backup that fails tells what status says", async () => {
  const { lab: running } = labOf(["systemctl start", "status"]);
  await expect(takeBackup(running)).rejects.toThrow("the backup failed: why");
  expect(await backupState(running)).toEqual({ text: "why", well: false });
});

test("a site without backups is told how to have them", () => {
  expect(() => requireBackups(resolveSite("dev", {}))).toThrow(
    "dev has no backups: write backup: {} in its stack file, then npm run up -- dev",
  );
});
