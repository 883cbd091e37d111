import { readFileSync, readdirSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { resolveSite } from "../../settings/resolve";
import { type MachineSettings, machinesOf } from "../../settings/site";
import { identityTmpfiles, networkFile } from "../../templates/machine";
import { lab } from "../unit/labs";
import { Folder, ask, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

/** Every machine of the classic site, and one with three NICs. */
const machines = [
  ...machinesOf(resolveSite("dev", {})).map((machine) => ["dev", machine] as const),
  ["dual-line", lab("dual-line").director] as const,
].map(([stack, machine]) => [`${stack}-${machine.name}`, machine] as const);
const identityOf = (machine: MachineSettings) => ({
  machine,
  authorizedKey: "PUBLIC\n",
  hostKey: "PRIVATE\n",
});
const rs1 = resolveSite("dev", {}).realServers[0];

describe("a machine's identity", () => {
  const { uid, gid } = userInfo();

  /** Lets systemd-tmpfiles do below a root of the test's own what it does at a machine's boot. */
  function boot(name: string, identity: string, users = ["root", "ops"]) {
    const root = folder.folder(name);
    folder.write(`${name}/etc/passwd`, users.map((user) => `${user}:x:${uid}:${gid}::/:/bin/sh\n`).join(""));
    folder.write(`${name}/etc/group`, users.map((user) => `${user}:x:${gid}:\n`).join(""));
    folder.folder(`${name}/home`);
    return { root, ...ask("systemd-tmpfiles", ["--create", `--root=${root}`, "-"], { input: identity }) };
  }

  test.each(machines)(
    "is written by systemd-tmpfiles on %s, each file for its owner alone",
    (name, machine) => {
      const { root, code, stderr } = boot(name, identityTmpfiles(identityOf(machine)));
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const files: [path: string, mode: number, text: string][] = [
        ["etc/hosts", 0o644, `127.0.0.1 localhost\n${machine.address} ${machine.name}\n`],
        ["home/ops/.ssh/authorized_keys", 0o600, "PUBLIC\n"],
        ["etc/ssh/ssh_host_ed25519_key", 0o600, "PRIVATE\n"],
      ];
      for (const nic of machine.nics)
        files.push([`etc/systemd/network/10-${nic.device}.network`, 0o644, networkFile(machine, nic)]);
      for (const [path, mode, text] of files) {
        expect(readFileSync(`${root}/${path}`, "utf8")).toBe(text);
        expect(statSync(`${root}/${path}`).mode & 0o777).toBe(mode);
      }
      expect(readdirSync(`${root}/etc/systemd/network`)).toHaveLength(machine.nics.length);
      expect(statSync(`${root}/home/ops/.ssh`).mode & 0o777).toBe(0o700);
    },
  );

  test("overwrites what an earlier boot wrote", () => {
    const identity = identityOf(rs1);
    boot("twice", identityTmpfiles({ ...identity, authorizedKey: "OLD KEY\n", hostKey: "OLD\n" }));
    const { root } = boot("twice", identityTmpfiles({ ...identity, authorizedKey: "NEW\n" }));
    expect(readFileSync(`${root}/home/ops/.ssh/authorized_keys`, "utf8")).toBe("NEW\n");
  });

  test("is refused on an image without the operator", () => {
    const { code, stderr } = boot("nobody", identityTmpfiles(identityOf(rs1)), ["root"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("Failed to resolve user 'ops'");
  });
});

describe("the image's sshd configuration", () => {
  const file = "scripts/host/image/overlay/etc/ssh/sshd_config.d/lvs.conf";
  let settings: string[];

  beforeAll(() => {
    const key = `${folder.path}/host_key`;
    mustAsk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const text = readFileSync(file, "utf8").replace(
      "HostKey /etc/ssh/ssh_host_ed25519_key",
      `HostKey ${key}`,
    );
    expect(text).toContain(key);
    const path = folder.write("sshd.conf", text);
    const inside = "mount -t tmpfs run /run\nmkdir /run/sshd";
    expect(ask("sshd", ["-t", "-f", path], { inside })).toEqual({ code: 0, stdout: "", stderr: "" });
    settings = mustAsk("sshd", ["-T", "-f", path], { inside }).split("\n");
  });

  test.each([
    "permitrootlogin no",
    "passwordauthentication no",
    "kbdinteractiveauthentication no",
    "pubkeyauthentication yes",
    "allowusers ops",
    "x11forwarding no",
  ])("means: %s", (setting) => {
    expect(settings).toContain(setting);
  });
});
