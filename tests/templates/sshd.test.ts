import { readFileSync } from "node:fs";
import { Folder, mustAsk } from "./daemon";

const folder = new Folder();
afterAll(() => folder.remove());

const image = readFileSync("scripts/host/image/overlay/etc/ssh/sshd_config.d/lvs.conf", "utf8");

/** What sshd makes of `text`, by its own keywords. */
function settingsOf(text: string): Readonly<Record<string, string>> {
  const key = `${folder.folder("keys")}/host-${Math.random()}`;
  mustAsk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  const path = folder.write("sshd_config", text.replace("/etc/ssh/ssh_host_ed25519_key", key));
  const inside = "mkdir -p /run/sshd";
  mustAsk("sshd", ["-t", "-f", path], { inside });
  const lines = mustAsk("sshd", ["-T", "-f", path], { inside }).split("\n");
  return Object.fromEntries(lines.map((line) => [line.split(" ")[0]!, line.slice(line.indexOf(" ") + 1)]));
}

test("sshd takes one user by key, forwards nothing, and gives a guesser three tries", () => {
  expect(settingsOf(image)).toMatchObject({
    permitrootlogin: "no",
    passwordauthentication: "no",
    kbdinteractiveauthentication: "no",
    authenticationmethods: "publickey",
    allowusers: "ops",
    disableforwarding: "yes",
    permituserenvironment: "no",
    maxauthtries: "3",
    logingracetime: "60",
  });
});

test("sshd speaks nothing that was broken once: no CBC, no SHA-1, no NIST curve, no MAC before encryption", () => {
  const { ciphers, macs, kexalgorithms, hostkeyalgorithms, pubkeyacceptedalgorithms } = settingsOf(image);
  const all = [ciphers, macs, kexalgorithms, hostkeyalgorithms, pubkeyacceptedalgorithms].join();
  expect(all).not.toMatch(/cbc|sha1|nistp|md5|arcfour|umac-64|group1/);
  expect(macs!.split(",").every((name) => name.includes("-etm@"))).toBe(true);
});

test("what Go's ssh library, the engine's, speaks is among them", () => {
  const { ciphers, macs, kexalgorithms, hostkeyalgorithms } = settingsOf(image);
  expect(ciphers).toContain("aes128-gcm@openssh.com");
  expect(macs).toContain("hmac-sha2-256-etm@openssh.com");
  expect(kexalgorithms!.split(",")).toContain("curve25519-sha256");
  expect(hostkeyalgorithms).toBe("ssh-ed25519");
});

test("a keyword that sshd does not know is noticed", () => {
  expect(() => settingsOf(`${image}PermitNothing yes\n`)).toThrow("Bad configuration option: PermitNothing");
});
