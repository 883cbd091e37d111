/**
 * Backups of a site while it is written to: its content is lost and restored. Damaged backups and folders that cannot
 * be written are refused.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { outputsOf } from "../../engines/engines";
import { eventually, ensure as demand } from "../../verify/claim";
import { type Ran, type TestStack, broken, npmRun, verdictsOf } from "./stack";
import { beside, filesBelow } from "./traces";
import { Writing } from "./writing";

const minutes = 60_000;

/** Copies `file` with one byte in the middle changed. Returns the copy's path. */
function damaged(file: string): string {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 255;
  const copy = `${file}.damaged`;
  writeFileSync(copy, bytes);
  return copy;
}

/**
 * Tests of backups on `stack`. It must be up and like dr-wordpress, with host numbers from 31 (the director) to 40
 * (the VIP). Its director is the remote host of the backups. At the end the stack has no backups configured.
 */
export function testBackups(stack: TestStack): void {
  const front = `http://${stack.network}.40`;
  const folder = mkdtempSync(join(tmpdir(), "lvs-backups-"));

  const on = (host: string, command: string): Promise<Ran> =>
    npmRun("ssh", [stack.name, host, command], { quiet: true });
  const mustOn = async (host: string, command: string): Promise<string> => {
    const { code, output } = await on(host, command);
    if (code !== 0) throw new Error(`${host}: ${output}`);
    return output.trim();
  };
  const kept = async () => (await mustOn("nfs", "sudo lvs-backup list")).split("\n").filter(Boolean);
  const get = (path: string) => beside("curl", "-sS", "-f", "--max-time", "60", `${front}${path}`);
  const sumOf = (path: string) =>
    beside("bash", "-c", `curl -sS -f --max-time 60 ${front}${path} | sha256sum`).output;

  const up = async (): Promise<string> => {
    const { code, output } = await stack.run("up");
    expect([code, code === 0 ? "" : output]).toEqual([0, ""]);
    return output;
  };

  /** Takes a backup and downloads it. Resolves with the file's path. */
  async function take(): Promise<string> {
    const { code, output } = await stack.run("backup", [folder]);
    expect([code, output]).toEqual([0, expect.stringContaining("restored into a scratch database")]);
    return join(
      folder,
      readdirSync(folder)
        .filter((name) => name.startsWith(`${stack.name}-`) && name.endsWith(".tar"))
        .sort()
        .at(-1)!,
    );
  }

  beforeAll(async () => {
    stack.set(["backup"], { keep: 2 });
    stack.set(["managementCidrs"], [`${stack.network}.34/32`]);
    await up();
  }, 5 * minutes);
  afterAll(() => rmSync(folder, { recursive: true }));

  let file: string;
  /** Paths of pictures, with the hash of their content. */
  const pictures = new Map<string, string>();

  test(
    "a backup of a site that is written to has every attachment's file, whole, and no other",
    async () => {
      const writing = new Writing("writer", stack.name);
      await writing.until(4);
      const before = writing.lines.length;
      file = await take();
      const during = writing.lines.length;
      const written = await writing.stop();
      for (const path of written.slice(0, before)) pictures.set(path, sumOf(path));

      expect(statSync(file).mode & 0o777).toBe(0o600);
      const unpack = (...words: string[]) =>
        expect(spawnSync("tar", [...words, "-C", folder]).status).toBe(0);
      unpack("-xf", file);
      unpack("-xf", join(folder, "wp-content.tar"));
      const dump = gunzipSync(readFileSync(join(folder, "database.sql.gz"))).toString();
      const named = [...dump.matchAll(/'_wp_attached_file','([^']+)'/g)].map(([, name]) => name!).sort();
      const uploads = join(folder, "wp-content/uploads");
      const files = filesBelow(uploads).map((path) => path.slice(uploads.length + 1));
      const halves = files.filter((path) => !readFileSync(join(uploads, path)).includes("IEND"));
      const manifest = readFileSync(join(folder, "manifest"), "utf8");
      process.stderr.write(
        `${before} pictures before the backup, ${during} when it was there; ${named.length} attachments, ${files.length} files in it\n${manifest}`,
      );
      expect(during).toBeGreaterThan(before);
      expect(named.length).toBeGreaterThanOrEqual(before);
      expect(named.filter((name) => !files.includes(name))).toEqual([]);
      expect(halves).toEqual([]);
      expect(manifest).toContain("attachmentsWithoutFile 0\n");
      // WordPress writes an attachment's row before its file name. Each writer may have been between the two when the
      // database was dumped.
      const nameless = Number(/^attachments (\d+)$/m.exec(manifest)![1]) - named.length;
      expect(nameless).toBeGreaterThanOrEqual(0);
      expect(nameless).toBeLessThanOrEqual(outputsOf(stack.name).site.realServers.length);
    },
    10 * minutes,
  );

  test(
    "a damaged backup is refused, and nothing is touched",
    async () => {
      const state = () =>
        on("nfs", "sudo sh -c 'ls -Ai /data /data/wordpress; find /data/wordpress/wp-content | sha256sum'");
      const databases = () => on("mysql", "sudo mariadb -BN -e 'SHOW DATABASES'");
      const before = [await state(), await databases()];
      const { code, output } = await stack.run("restore", [damaged(file), "--yes"]);
      expect([code, output]).toEqual([1, expect.stringMatching(/nothing was touched: .* is damaged/)]);
      expect([await state(), await databases()]).toEqual(before);
    },
    5 * minutes,
  );

  test(
    "a site whose database is empty and whose uploads are gone comes back whole",
    async () => {
      await mustOn("mysql", `sudo mariadb -e 'DROP DATABASE wpdb; CREATE DATABASE wpdb'`);
      await mustOn("nfs", "sudo rm -r /data/wordpress/wp-content/uploads /data/wordpress/wp-content/themes");
      // A page that was never requested: no real server has it in its cache, so that none can serve it without the database.
      expect(get("/?wiped").output).not.toContain("<title>LVS WordPress</title>");
      // A backup of an emptied site must fail, and must not replace a good one.
      expect(await stack.run("backup", [folder])).toMatchObject({
        code: 1,
        output: expect.stringContaining("failed"),
      });
      expect(await kept()).toHaveLength(1);

      const { code, output } = await stack.run("restore", [file, "--yes"]);
      expect([code, output]).toEqual([0, expect.stringContaining("is restored")]);
      expect(get("/").output).toContain("<title>LVS WordPress</title>");
      expect(pictures.size).toBeGreaterThan(3);
      for (const [path, sum] of pictures) expect([path, sumOf(path)]).toEqual([path, sum]);
      expect(await mustOn("nfs", "sudo ls -A /data")).not.toContain("restore");
      expect(await mustOn("mysql", "sudo mariadb -BN -e 'SHOW DATABASES'")).not.toMatch(/wpdb_/);
    },
    10 * minutes,
  );

  test(
    "status tells a kept one that was damaged, until all are whole again",
    async () => {
      await take();
      const names = await kept();
      expect(names).toHaveLength(2);
      const newest = `/data/backup/${names[1]!}`;
      await mustOn("nfs", `sudo sh -c 'echo damaged | dd of=${newest} bs=1 seek=200000 conv=notrunc'`);
      expect((await on("nfs", "sudo lvs-backup check")).code).not.toBe(0);
      const told = await stack.run("status");
      expect([told.code, told.output]).toEqual([1, expect.stringMatching(/check failed .* is damaged/)]);
      await mustOn("nfs", `sudo rm ${newest} && sudo lvs-backup check`);
      const { code, output } = await stack.run("status");
      expect([code, output]).toEqual([0, expect.stringMatching(/backup: last 20.*1 kept/)]);
    },
    10 * minutes,
  );

  test(
    "by the timer each is copied to a remote host, by its pinned key alone",
    async () => {
      const key = join(folder, "key");
      expect(spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]).status).toBe(0);
      const publicKey = readFileSync(`${key}.pub`, "utf8").trim();
      await mustOn("director", `mkdir backups && echo '${publicKey}' >>.ssh/authorized_keys`);
      const { director, rs1 } = outputsOf(stack.name).hostKeys;
      const pinned = (hostKey: string) => ({
        to: `ops@${stack.network}.31:/home/ops/backups`,
        hostKey: hostKey.trim().split(" ").slice(0, 2).join(" "),
        keyFile: key,
      });
      stack.set(["backup"], { keep: 1, remote: pinned(rs1!) });
      const refused = await stack.run("up");
      expect([refused.code, refused.output]).toEqual([
        1,
        expect.stringMatching(/backup\.remote: .* cannot be used: Host key verification failed/),
      ]);

      // If `up` takes longer than these 40 s, the timer runs the backup afterwards.
      const soon = new Date(Date.now() + 40_000).toISOString().slice(11, 19);
      stack.set(["backup"], { keep: 1, schedule: soon, remote: pinned(director!) });
      await up();
      await eventually(240, async () => {
        const { output } = await on(
          "nfs",
          "sudo systemctl is-active lvs-backup.service; sudo lvs-backup status",
        );
        demand(/^inactive[^]*copied to ops@172.16.251.31 20/.test(output), output);
      });
      const told = await stack.run("status");
      expect([told.code, told.output]).toEqual([
        0,
        expect.stringMatching(/1 kept in .*copied to ops@172.16.251.31 20/),
      ]);
      const [name] = await kept();
      const here = await mustOn("nfs", `sudo sha256sum /data/backup/${name!}`);
      const there = await mustOn("director", "sha256sum backups/*");
      expect(there.split(" ")[0]).toBe(here.split(" ")[0]);
      expect(await mustOn("director", "stat -c %a backups/*")).toBe("600");
    },
    15 * minutes,
  );

  test(
    "what verify promises of backups holds",
    async () => {
      const verdicts = await verdictsOf(stack.name, "backup", "backup-damaged");
      expect(broken(verdicts)).toEqual([]);
      expect(verdicts).toHaveLength(2);
    },
    10 * minutes,
  );

  test(
    "a folder that cannot be written is refused by name; without backups nothing of them is left but the files",
    async () => {
      await mustOn("nfs", "sudo touch /data/occupied");
      stack.set(["backup"], { directory: "/data/occupied/backup" });
      const refused = await stack.run("up");
      expect([refused.code, refused.output]).toEqual([
        1,
        expect.stringContaining("backup.directory: /data/occupied/backup cannot be written: Not a directory"),
      ]);
      stack.set(["backup"], undefined);
      await up();
      const left =
        "systemctl is-active lvs-backup.timer; ls -d /etc/lvs/backup* 2>/dev/null; ls /data/backup";
      expect(await mustOn("nfs", `sudo sh -c '${left}'`)).toMatch(/^inactive\nci-\d+T\d+Z\.tar\n/);
      expect(
        await mustOn(
          "mysql",
          `sudo mariadb -BN -e "SELECT COUNT(*) FROM mysql.user WHERE User = 'lvs_backup'"`,
        ),
      ).toBe("0");
    },
    10 * minutes,
  );
}
