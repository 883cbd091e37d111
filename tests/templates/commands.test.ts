/** What `lvs` writes for other programs: zsh's completion, and a page for man(1). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../project/paths";

const folder = mkdtempSync(join(tmpdir(), "lvs-command-"));
afterAll(() => rmSync(folder, { recursive: true }));
symlinkSync(join(projectRoot, "bin/lvs"), join(folder, "lvs"));

test("zsh completes with lvs's script", () => {
  // compadd works only while zsh completes: the candidates are printed instead.
  const script = `autoload -U compinit; compinit -u -d ${folder}/zcompdump; source <(lvs completion zsh)
compadd() { shift; print -l -- \${(P)1}; }
words=(lvs verify dev fron); CURRENT=4; _lvs; print \${_comps[lvs]}`;
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}` };
  const { stdout, stderr } = spawnSync("zsh", ["-c", script], { cwd: folder, env, encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["front-page\n_lvs\n", ""]);
});

test("zsh completes the first time too, when it loads the script from its fpath", () => {
  const script = `lvs completion zsh > ${folder}/_lvs; fpath=(${folder} $fpath); autoload -Uz _lvs
compadd() { shift; print -l -- \${(P)1}; }
words=(lvs up t); CURRENT=3; _lvs; words=(lvs verify nowhere x); CURRENT=4; _lvs`;
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}` };
  const { stdout, stderr } = spawnSync("zsh", ["-c", script], { cwd: folder, env, encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["tun\n", ""]);
});

test("groff reads the man page without a warning", () => {
  const page = join(projectRoot, "docs/lvs.1");
  const { status, stdout, stderr } = spawnSync("groff", ["-man", "-ww", "-Tutf8", page], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("verify");
});
