/** bin/lvs in a clone of its own, with stand-ins for node and npm. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../../project/paths";

let clone: string;
beforeEach(() => {
  clone = realpathSync(mkdtempSync(join(tmpdir(), "lvs-clone-")));
  for (const file of ["bin/lvs", "scripts/host/run.sh"]) cpSync(join(projectRoot, file), join(clone, file));
  for (const name of ["tools", "elsewhere"]) mkdirSync(join(clone, name));
  writeFileSync(join(clone, "package-lock.json"), "{}");
  const standIn = (name: string, script: string) =>
    writeFileSync(join(clone, "tools", name), `#!/usr/bin/env bash\n${script}\n`, { mode: 0o755 });
  standIn("node", 'echo "$PWD $INIT_CWD $*"');
  standIn("npm", "echo installed; mkdir -p node_modules");
  symlinkSync(join(clone, "bin/lvs"), join(clone, "tools/lvs"));
});
afterEach(() => rmSync(clone, { recursive: true }));

/** Runs a script in a folder outside the checkout. */
function typed(script: string) {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    cwd: join(clone, "elsewhere"),
    env: {
      ...process.env,
      PATH: `${join(clone, "tools")}:${process.env.PATH ?? ""}`,
      INIT_CWD: "/of/an/npm/script",
    },
    encoding: "utf8",
  });
  return [status, stdout.replaceAll(clone, "CLONE"), stderr];
}

const started = "CLONE CLONE/elsewhere --import tsx commands/main.ts";

test("a link to it works from any folder, and paths start from that folder", () => {
  typed("lvs status");
  expect(typed("lvs ssh dev nfs -- ls -la")).toEqual([0, `${started} ssh dev nfs -- ls -la\n`, ""]);
});

test("the Node packages of a fresh clone are installed once, and standard output stays the command's", () => {
  const installs = "installing Node packages\ninstalled\n";
  expect(typed("lvs verify dev --json")).toEqual([0, `${started} verify dev --json\n`, installs]);
  expect(typed("lvs verify dev --json")).toEqual([0, `${started} verify dev --json\n`, ""]);
});

test("the Node packages are installed again when the lock file changes, and not when it only gets a new time", () => {
  const lock = join(clone, "package-lock.json");
  const later = new Date(Date.now() + 60_000);
  typed("lvs status");
  utimesSync(lock, later, later);
  expect(typed("lvs status")).toEqual([0, `${started} status\n`, ""]);
  writeFileSync(lock, '{ "lockfileVersion": 3 }');
  utimesSync(lock, later, later);
  expect(typed("lvs status")[2]).toContain("installed");
});

test("the Tab key installs nothing", () => {
  expect(typed("lvs completion words up ''")).toEqual([0, "", ""]);
});
