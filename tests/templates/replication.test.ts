/** What becomes of commits, asked of two real MariaDB servers that lvs-mysql tells their parts. */
import { readFileSync, rmSync } from "node:fs";
import { Folder } from "./daemon";
import { Database, makeCa } from "./twoDatabases";

const minute = 60_000;
const folder = new Folder();
makeCa(folder);
const [first, second] = [new Database(folder, "mysql"), new Database(folder, "mysql2")];

beforeAll(() => Promise.all([first.make(), second.make()]), 2 * minute);
afterAll(async () => {
  await Promise.all([first.kill(), second.kill()]);
  folder.remove();
});

/** Within ten seconds. */
async function eventually(so: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await so()); tries += 1) {
    if (tries === 100) throw new Error(`it is not so: ${so.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const apply = () => Promise.all([first.lvsMysql("apply"), second.lvsMysql("apply")]);

test(
  "a new replica takes a copy and follows, and says nothing when asked again",
  async () => {
    expect(await second.status()).toMatchObject({ role: "fenced" });
    expect((await apply()).map(({ code }) => code)).toEqual([0, 0]);
    expect(await first.insert("one")).toMatchObject({ code: 0 });
    expect(await first.status()).toMatchObject({ role: "primary", semiSynchronous: true, replicas: 1 });
    expect(await second.status()).toMatchObject({
      role: "replica",
      following: true,
      intact: true,
      error: "",
    });
    expect(await second.posts()).toEqual(["one"]);
    expect(await apply()).toEqual([
      { code: 0, output: "" },
      { code: 0, output: "" },
    ]);
  },
  minute,
);

test("the NFS server backs up over TLS alone, from nobody but whom the site's CA vouches for", async () => {
  const stages = "BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT; BACKUP STAGE END";
  const asked = await first.backedUp("mariadb", "-BNe", `${stages}; SHOW STATUS LIKE 'Ssl_version'`);
  expect(asked).toEqual({ code: 0, output: expect.stringMatching(/^Ssl_version\tTLSv1\.[23]\n$/) });
  expect((await first.backedUp("mariadb", "--skip-ssl", "-e", "DO 0")).code).toBe(1);
  const strangers = "--ssl-ca=/etc/ssl/certs/ca-certificates.crt";
  expect((await first.backedUp("mariadb", strangers, "-e", "DO 0")).output).toMatch(/TLS\/SSL error/);
  const dump = await first.backedUp("mariadb-dump", "--single-transaction", "--skip-lock-tables", "wpdb");
  expect(dump).toEqual({ code: 0, output: expect.stringContaining("('one')") });
});

test("a scratch database of a backup is the primary's alone, and in no binary log", async () => {
  const own = /local options=\((.*)\)/.exec(readFileSync("scripts/guest/backup/lvs-backup", "utf8"))![1]!;
  const unlogged = own.replaceAll("'", "");
  const before = await first.sql("SELECT @@gtid_binlog_state");
  const scratch = "CREATE DATABASE wpdb_check; CREATE TABLE wpdb_check.posts SELECT * FROM wpdb.posts";
  for (const sql of [scratch, "DROP DATABASE wpdb_check"])
    expect(await first.backedUp("mariadb", unlogged, "-e", sql)).toEqual({ code: 0, output: "" });
  expect(await first.sql("SELECT @@gtid_binlog_state")).toBe(before);
});

test("a renewed certificate is read without a commit of the replica's own", async () => {
  const read = /mariadb -e "(FLUSH .*SSL)"/.exec(
    readFileSync("scripts/guest/mysql-server/script.sh", "utf8"),
  )!;
  const before = await second.sql("SELECT @@gtid_binlog_state");
  await second.sql(read[1]!);
  expect(await second.sql("SELECT @@gtid_binlog_state")).toBe(before);
});

test(
  "after the replica merely restarts, commits are confirmed again at once",
  async () => {
    await second.kill();
    await first.insert("alone");
    await second.start();
    expect(await second.lvsMysql("start")).toEqual({ code: 0, output: "" });
    await eventually(async () => (await first.status()).semiSynchronous === true);
    expect(await second.posts()).toEqual(["alone", "one"]);
  },
  minute,
);

test("a replica takes no writes", async () => {
  expect((await second.insert("two")).output).toContain("read-only");
});

test(
  "a primary that is killed amid commits leaves every one that was answered to its replica",
  async () => {
    const answered: string[] = [];
    const writing = (async () => {
      for (let count = 0; (await first.insert(`amid ${count}`)).code === 0; count += 1)
        answered.push(`amid ${count}`);
    })();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await first.kill();
    await writing;
    await eventually(async () => {
      const { silentSeconds, following, intact } = await second.status();
      return intact === true && following === false && Number(silentSeconds) > 0;
    });
    second.is("mysql2");
    expect(await second.lvsMysql("apply")).toEqual({
      code: 1,
      output: "lvs-mysql: follows 127.0.0.35, which is silent: npm run promote-db fences it\n",
    });
    expect(await second.lvsMysql("apply", "fenced")).toEqual({
      code: 0,
      output: "lvs-mysql: takes writes; 127.0.0.35 is silent\n",
    });
    expect(answered.length).toBeGreaterThan(2);
    expect(await second.posts()).toEqual(expect.arrayContaining(answered));
    const started = Date.now();
    expect(await second.insert("after")).toMatchObject({ code: 0 });
    // Nobody confirms, and the visitor does not wait to find that out.
    expect(Date.now() - started).toBeLessThan(1500);
  },
  minute,
);

test(
  "a former primary that comes back unaware takes no writes and follows",
  async () => {
    await first.start();
    expect((await first.insert("unaware")).output).toContain("read-only");
    expect(await first.lvsMysql("start")).toMatchObject({ code: 0 });
    expect(await first.status()).toMatchObject({ role: "replica", following: true });
    expect(await second.status()).toMatchObject({ role: "primary", semiSynchronous: true });
    expect(await first.posts()).toEqual(await second.posts());
  },
  minute,
);

test(
  "a handover of both at once loses nothing, and both end in their part",
  async () => {
    for (const database of [first, second]) database.is("mysql");
    const posts = await second.posts();
    expect((await apply()).map(({ code }) => code)).toEqual([0, 0]);
    expect(await first.status()).toMatchObject({ role: "primary", semiSynchronous: true });
    expect(await second.status()).toMatchObject({ role: "replica", following: true });
    expect(await first.posts()).toEqual(posts);
  },
  minute,
);

test(
  "a primary that restarts takes writes again",
  async () => {
    await first.kill();
    await first.start();
    const partOfCopy = folder.write("mysql/data/lvs-seed.sql", "");
    expect(await first.lvsMysql("start")).toEqual({
      code: 1,
      output: "lvs-mysql: holds part of a copy only, which was cut off\n",
    });
    rmSync(partOfCopy);
    expect(await first.lvsMysql("start")).toMatchObject({ code: 0 });
    expect(await first.insert("restarted")).toMatchObject({ code: 0 });
    expect(await second.posts()).toContain("restarted");
  },
  minute,
);

test(
  "a former primary with a commit that nobody else has takes a copy, and the commit that was never answered is gone",
  async () => {
    await second.kill();
    const unanswered = first.insert("never answered");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await first.kill();
    expect(await unanswered).not.toMatchObject({ code: 0 });
    await second.start();
    for (const database of [first, second]) database.is("mysql2");
    expect(await second.status()).toMatchObject({ following: false, silentSeconds: null });
    await second.lvsMysql("apply", "fenced");
    await second.insert("meanwhile");
    await first.start();
    first.is("mysql");
    const unaware = await first.lvsMysql("start");
    expect(unaware).toEqual({ code: 1, output: expect.stringContaining("cannot go on from") });
    expect(await first.status()).toMatchObject({ role: "replica", following: false, intact: false });
    expect(await first.posts()).toContain("never answered");
    for (const database of [first, second]) database.is("mysql2");
    await second.insert("meanwhile too");
    await second.kill();
    await second.start();
    expect(await second.lvsMysql("start")).toEqual({
      code: 1,
      output: expect.stringMatching(/is at 0-1-\d+, which is not here/),
    });
    expect((await second.lvsMysql("apply")).output).toMatch(
      /goes without 0-1-\d+, which 127.0.0.35 alone has\nlvs-mysql: takes writes/,
    );
    const { output } = await first.lvsMysql("apply");
    expect(output).toContain("takes a copy of 127.0.0.25's content");
    expect(await first.posts()).toEqual(await second.posts());
    expect(await first.posts()).not.toContain("never answered");
    expect(first.read("data/lvs-replaced.sql")).toContain("('never answered')");
  },
  minute,
);

test(
  "what a restore puts in the place of the site's tables reaches a replica that was copied amid it",
  async () => {
    await second.sql(
      "CREATE DATABASE wpdb_restore; CREATE TABLE wpdb_restore.posts (title TEXT) SELECT 'restored' AS title",
    );
    await first.sql("STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = ''");
    await second.sql("SET sql_log_bin = 0; CREATE DATABASE wpdb_check");
    expect((await first.lvsMysql("apply")).output).toContain("takes a copy");
    await second.sql(`SET sql_log_bin = 0; DROP DATABASE wpdb_check; SET sql_log_bin = 1; DROP DATABASE IF EXISTS wpdb_former; CREATE DATABASE IF NOT EXISTS wpdb_former;
      RENAME TABLE wpdb.posts TO wpdb_former.posts, wpdb_restore.posts TO wpdb.posts;
      DROP DATABASE IF EXISTS wpdb_former; DROP DATABASE IF EXISTS wpdb_restore`);
    const gtid = await second.sql("SELECT @@gtid_binlog_pos");
    expect(await first.sql(`SELECT MASTER_GTID_WAIT('${gtid}', 20)`)).toBe("0");
    expect(await first.posts()).toEqual(["restored"]);
    expect(await first.sql("SHOW DATABASES LIKE 'wpdb%'")).toBe("wpdb");
  },
  minute,
);

test(
  "of two that boot at the same time, the one that was replaced takes no writes, nor does it give up what it has",
  async () => {
    await second.insert("of the new primary");
    const gtid = await second.sql("SELECT @@gtid_binlog_pos");
    expect(await first.sql(`SELECT MASTER_GTID_WAIT('${gtid}', 20)`)).toBe("0");
    await first.kill();
    await second.insert("while the former one was away");
    await second.kill();
    await Promise.all([first.start("--skip-slave-start"), second.start()]);
    await first.sql("RESET SLAVE ALL");
    first.is("mysql");
    const posts = await first.posts();
    expect(await first.lvsMysql("start")).toEqual({
      code: 1,
      output: expect.stringMatching(/^lvs-mysql: 127.0.0.25 is at 0-2-\d+, which is not here/),
    });
    expect(await first.status()).toMatchObject({ role: "fenced" });
    expect(await second.lvsMysql("start")).toMatchObject({ code: 0 });
    expect(await first.lvsMysql("start")).toMatchObject({ code: 0 });
    expect(await first.status()).toMatchObject({ role: "replica", following: true });
    expect(await first.posts()).toEqual([...posts, "while the former one was away"].sort());
  },
  minute,
);

test(
  "a promotion waits for all that the fenced primary had, or takes no writes",
  async () => {
    await first.sql("STOP SLAVE");
    await second.insert("not there yet");
    const fenced = await second.lvsMysql("fence");
    expect(fenced).toEqual({ code: 0, output: expect.stringMatching(/^0-2-\d+\n$/) });
    const gtid = fenced.output.trim();
    await second.kill();
    await second.start();
    const restarted = await second.lvsMysql("start");
    expect(restarted).toEqual({ code: 1, output: expect.stringContaining("is fenced") });
    first.is("mysql");
    const promotion = first.lvsMysql(
      "apply",
      "fenced",
      gtid.replace(/\d+$/, (count) => String(Number(count) + 1)),
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await first.lvsMysql("fence")).toMatchObject({ code: 0 });
    await second.lvsMysql("apply");
    await second.insert("the position that was waited for");
    await first.sql("START SLAVE");
    expect(await promotion).toEqual({ code: 1, output: "lvs-mysql: was fenced meanwhile\n" });
    expect(await first.status()).toMatchObject({ role: "replica", following: true });
  },
  minute,
);

test(
  "the content of another site is not copied over",
  async () => {
    for (const [database, value] of [
      [first, "here"],
      [second, "there"],
    ] as const)
      await database.sql(`SET sql_log_bin = 0; CREATE TABLE wpdb.wp_options (option_name TEXT, option_value TEXT);
        INSERT INTO wpdb.wp_options VALUES ('lvs_installed', '${value}')`);
    await first.sql("STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = ''");
    first.is("mysql2");
    const posts = await first.posts();
    expect(await first.lvsMysql("apply")).toEqual({
      code: 1,
      output: expect.stringContaining("the site here was installed here, that on 127.0.0.25 there"),
    });
    expect(await first.posts()).toEqual(posts);
  },
  minute,
);
