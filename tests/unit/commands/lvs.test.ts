/** `lvs` as a person types it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { candidates } from "../../../commands/completion";
import { commands } from "../../../commands/registry";
import { projectRoot } from "../../../project/paths";

const folder = mkdtempSync(join(tmpdir(), "lvs-command-"));
afterAll(() => rmSync(folder, { recursive: true }));
symlinkSync(join(projectRoot, "bin/lvs"), join(folder, "lvs"));

const env = { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}`, FORCE_COLOR: undefined };
/** Runs a script of a shell in another folder than the project's, with `lvs` on its PATH as a link. */
const inShell = (shell: string, script: string) =>
  spawnSync(shell, ["-c", script], { cwd: folder, env, encoding: "utf8" });

test("an unknown stack ends with 2 and names the one that may be meant", () => {
  const { status, stdout, stderr } = inShell("bash", "lvs status deev");
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^there is no Pulumi.deev.yaml, did you mean "dev"\?; stacks here: dev/);
});

test("an option's value out of bounds ends with 2 before anything is done", () => {
  const { status, stderr } = inShell("bash", "lvs chaos dev --rate 100");
  expect([status, stderr]).toEqual([2, "--rate: write 1 to 50 requests a second\n"]);
});

test("a reader that goes away ends it quietly", () => {
  const { status, stdout, stderr } = inShell("bash", "set -o pipefail; lvs --help | head -1");
  expect([status, stdout, stderr]).toEqual([0, "Usage: lvs <command> [options]\n", ""]);
  const big = inShell("bash", "set -o pipefail; lvs completion words verify ha-full '' | true");
  expect([big.status, big.stderr]).toEqual([0, ""]);
});

describe("a command that still prints when its reader has gone", () => {
  /** Prints until it ends, with `first` called before. */
  const printing = (first: string) => {
    const program = `const { endWithReader } = require("./project/cli.ts");
endWithReader(); ${first}; setInterval(() => console.log("a line"), 5);`;
    return spawnSync("bash", ["-c", `set -o pipefail; node --import tsx -e '${program}' | true`], {
      cwd: projectRoot,
      encoding: "utf8",
    });
  };

  test("ends quietly with 130", () => {
    const { status, stderr } = printing("");
    expect([status, stderr]).toEqual([130, ""]);
  });

  test("first undoes what it undoes on Ctrl-C, once", () => {
    const undo = `process.on("SIGINT", () => { console.error("undone"); setTimeout(() => process.exit(1), 50); })`;
    const { status, stderr } = printing(undo);
    expect([status, stderr]).toEqual([1, "undone\n"]);
  });
});

test.each([
  ["drain dev rs3", 'usage: npm run drain -- dev NAME, did you mean "rs1"?; real servers: rs1, rs2\n'],
  ["completion bsh", "there is no completion for bsh; write bash or zsh\n"],
  ["up tun --lab nat-lnmp", "write tun or --lab nat-lnmp, not both\n"],
])("lvs %s ends with 2, before anything is done", (line, message) => {
  const { status, stdout, stderr } = inShell("bash", `lvs ${line}`);
  expect([status, stdout, stderr]).toEqual([2, "", message]);
});

describe("completion", () => {
  test("knows commands, options, stacks, labs, machines, services, claims and faults", () => {
    expect(candidates([""], commands)).toEqual([...commands.map(({ name }) => name), "help"]);
    expect(candidates(["pro"], commands)).toEqual(["promote", "promote-db"]);
    expect(candidates(["verify", "--"], commands)).toEqual(["--json", "--help"]);
    expect(candidates(["up", "s"], commands)).toEqual(["staging", "schedulers", "synced"]);
    expect(candidates(["up", "--lab", "du"], commands)).toEqual(["dual-line"]);
    expect(candidates(["ssh", "ha-dr", "director"], commands)).toEqual(["director", "director2"]);
    expect(candidates(["trace", "mixed", "f"], commands)).toEqual(["fullnat", "ftp"]);
    expect(candidates(["verify", "dev", "ports", "wire"], commands)).toEqual(["wire:web"]);
    expect(candidates(["chaos", "ha-dr", "--rate", "2", "director-f"], commands)).toEqual([
      "director-frozen",
    ]);
    expect(candidates(["drain", "dev", ""], commands)).toEqual(["rs1", "rs2"]);
    expect(candidates(["test", "--only", "un"], commands)).toEqual(["unit"]);
    expect(candidates(["schedulers", "dev", "--svg", ""], commands)).toEqual(["<file>"]);
  });

  test("knows the words of help, of shells, and several values of one option", () => {
    expect(candidates(["help", "promote"], commands)).toEqual(["promote", "promote-db"]);
    expect(candidates(["-"], commands)).toEqual(["--help"]);
    expect(candidates(["completion", ""], commands)).toEqual(["bash", "zsh"]);
    expect(candidates(["test", "--only", "unit", "ty"], commands)).toEqual(["types"]);
    expect(candidates(["test", "--only", "unit", "--a"], commands)).toEqual(["--all"]);
    expect(candidates(["backup", "prod", ""], commands)).toEqual(["<file>"]);
  });

  test("leaves the options of a command on a machine to that command", () => {
    expect(candidates(["ssh", "--"], commands)).toEqual(["--help"]);
    expect(candidates(["ssh", "dev", "nfs", "ls", "-"], commands)).toEqual([]);
    expect(candidates(["ssh", "dev", "nfs", "ls", ""], commands)).toEqual([]);
  });

  test("has nothing for what is not there", () => {
    expect(candidates(["nothing", ""], commands)).toEqual([]);
    expect(candidates(["ssh", "nowhere", ""], commands)).toEqual([]);
    expect(candidates(["chaos", "dev", "--rate", ""], commands)).toEqual([]);
  });

  test("works in bash for files, and where a colon ends no word", () => {
    writeFileSync(join(folder, "kept.tar"), "");
    const complete = (line: string) =>
      `COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _lvs; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = inShell(
      "bash",
      `source <(lvs completion bash); ${complete("lvs restore dev ke")}
COMP_WORDBREAKS=" "; ${complete("lvs verify dev wire:")}`,
    );
    expect([stdout, stderr]).toEqual(["kept.tar\nwire:web\n", ""]);
  });

  test("works in bash, also behind a colon", () => {
    const complete = (line: string) =>
      `COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _lvs; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const script = `source <(lvs completion bash); complete -p lvs
${complete("lvs verify dev fron")}; ${complete("lvs verify dev wire:")}`;
    const { stdout, stderr } = inShell("bash", script);
    expect([stdout, stderr]).toEqual(["complete -F _lvs lvs\nfront-page\nweb\n", ""]);
  });

  test("of an unknown shell is refused", () => {
    const { status, stderr } = inShell("bash", "lvs completion fish");
    expect([status, stderr]).toEqual([2, "there is no completion for fish; write bash or zsh\n"]);
  });
});
