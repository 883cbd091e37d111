import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkBackupKey, keyFault } from "../../../preflight/backupKey";
import { resolveSite } from "../../../settings/resolve";
import { differing, filesOf, find, graphOf, password } from "./graph";

const folder = mkdtempSync(join(tmpdir(), "lvs-backup-"));
afterAll(() => rmSync(folder, { recursive: true }));

function key(name: string, ...args: string[]): string {
  const path = join(folder, name);
  spawnSync("ssh-keygen", ["-q", "-f", path, ...args]);
  return path;
}
const plain = key("plain", "-t", "ed25519", "-N", "");
const remote = (keyFile: string) => ({
  to: "backup@192.0.2.10:/srv",
  port: 2222,
  hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
  keyFile,
});

describe("a site with backups", () => {
  const backed = { backup: { keep: 3, schedule: "03:30", remote: remote(plain) } };

  test("differs in two machines' jobs and a password, and in nothing else", async () => {
    const names = differing(await graphOf(), await graphOf(backed));
    expect(names.sort()).toEqual([
      "mysql-guest-mysql-server",
      "nfs-guest-nfs-server",
      "site-backup-password",
    ]);
  });

  test("has its conf, timer and secrets on the NFS server, and the password in the database's users", async () => {
    const graph = await graphOf(backed);
    expect(find(graph, "site-backup-password").type).toBe(password);
    const files = filesOf(find(graph, "nfs-guest-nfs-server"));
    expect(files["backup.conf"]).toBe(`STACK=dev
SITE_URL=http://172.16.0.40
DATABASE=172.16.0.35
DIRECTORY=/data/backup
KEEP=3
SCHEDULE='03:30'
REMOTE=backup@192.0.2.10
REMOTE_FOLDER=/srv
REMOTE_PORT=2222
`);
    expect(files["backup.cnf"]).toContain("user=lvs_backup\npassword=SECRET(site-backup-password)\nssl\n");
    expect(files["backup.ca.crt"]).toBe(filesOf(find(graph, "mysql-guest-mysql-server"))["ca.crt"]);
    expect(files["lvs-backup.timer"]).toContain("OnCalendar=03:30\n");
    expect(files["backup.key"]).toBe(readFileSync(plain, "utf8"));
    expect(files["backup.known_hosts"]).toMatch(/^\[192\.0\.2\.10\]:2222 ssh-ed25519 A+\n$/);
    expect(filesOf(find(graph, "mysql-guest-mysql-server"))["users.sql"]).toContain(
      "ALTER USER 'lvs_backup'@'172.16.0.34' IDENTIFIED BY 'SECRET(site-backup-password)' REQUIRE SSL;",
    );
  });

  test("lets the NFS server through the database's firewall, which keeps it out otherwise", async () => {
    const rules = async (raw: Record<string, unknown>) =>
      filesOf(find(await graphOf({ ...raw, firewall: true }), "mysql-guest-mysql-server"))["firewall.nft"];
    expect(await rules(backed)).toContain(
      "ip saddr { 172.16.0.32, 172.16.0.33, 172.16.0.34 } tcp dport 3306",
    );
    expect(await rules({})).toContain("ip saddr { 172.16.0.32, 172.16.0.33 } tcp dport 3306");
  });
});

test("a site without backups takes away what is left of them: the job has the means, and no conf", async () => {
  const files = filesOf(find(await graphOf(), "nfs-guest-nfs-server"));
  expect(Object.keys(files).filter((name) => name.includes("backup"))).toEqual(["backup.sh"]);
});

describe("the key for a remote host", () => {
  test.each<[string, string[]]>([
    ["ed25519", ["-t", "ed25519", "-N", ""]],
    ["RSA in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""]],
  ])("is taken without a passphrase: %s", (name, args) => {
    expect(keyFault(readFileSync(key(`open ${name}`, ...args), "utf8"))).toBeUndefined();
  });

  test.each<[string, string[]]>([
    ["ed25519", ["-t", "ed25519", "-N", "secret"]],
    ["RSA in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret"]],
  ])("is refused with a passphrase: %s", (name, args) => {
    expect(keyFault(readFileSync(key(`locked ${name}`, ...args), "utf8"))).toMatch(/^has a passphrase/);
  });

  const refusal = (keyFile: string) => () =>
    checkBackupKey(resolveSite("dev", { backup: { remote: remote(keyFile) } }));

  test("is refused by name before anything is made when it is a public one, or is not there", () => {
    expect(refusal(`${plain}.pub`)).toThrow(
      `The site dev cannot be backed up:\n  backup.remote.keyFile: ${plain}.pub is no private key; write the one that ssh-keygen made, not its .pub`,
    );
    expect(refusal(join(folder, "none"))).toThrow(/backup\.remote\.keyFile: .*none cannot be read: ENOENT/);
    expect(refusal(plain)).not.toThrow();
  });

  test("that is cut short is refused, too", () => {
    const short = join(folder, "short");
    writeFileSync(short, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n");
    expect(refusal(short)).toThrow(/no private key|passphrase/);
  });
});
