/** What becomes of commits, asked of two real MariaDB servers that lvs-mysql tells their parts. */
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

test("a scratch database of a backup comes and goes on the replica too, which goes on following", async () => {
  const scratch = "CREATE DATABASE wpdb_check; CREATE TABLE wpdb_check.posts SELECT * FROM wpdb.posts";
  expect(await first.backedUp("mariadb", "-e", scratch)).toEqual({ code: 0, output: "" });
  expect(await first.backedUp("mariadb", "-e", "DROP DATABASE wpdb_check")).toEqual({ code: 0, output: "" });
  const gtid = await first.sql("SELECT @@gtid_binlog_pos");
  expect(await second.sql(`SELECT MASTER_GTID_WAIT('${gtid}', 20)`)).toBe("0");
  expect(await second.sql("SHOW DATABASES LIKE 'wpdb%'")).toBe("wpdb");
});

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
    second.is("mysql2");
    expect(await second.lvsMysql("apply")).toEqual({
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
    await second.lvsMysql("apply");
    await second.insert("meanwhile");
    await first.start();
    expect((await first.lvsMysql("apply")).output).toContain("takes a copy of 127.0.0.25's content");
    expect(await first.posts()).toEqual(await second.posts());
    expect(await first.posts()).not.toContain("never answered");
  },
  minute,
);

test(
  "what a restore puts in the place of the site's tables reaches a replica that was copied amid it",
  async () => {
    await second.sql(
      "CREATE DATABASE wpdb_restore; CREATE TABLE wpdb_restore.posts SELECT 'restored' AS title",
    );
    await first.sql("STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = ''");
    expect((await first.lvsMysql("apply")).output).toContain("takes a copy");
    await second.sql(`DROP DATABASE IF EXISTS wpdb_former; CREATE DATABASE IF NOT EXISTS wpdb_former;
      RENAME TABLE wpdb.posts TO wpdb_former.posts, wpdb_restore.posts TO wpdb.posts;
      DROP DATABASE IF EXISTS wpdb_former; DROP DATABASE IF EXISTS wpdb_restore`);
    const gtid = await second.sql("SELECT @@gtid_binlog_pos");
    expect(await first.sql(`SELECT MASTER_GTID_WAIT('${gtid}', 20)`)).toBe("0");
    expect(await first.posts()).toEqual(["restored"]);
    expect(await first.sql("SHOW DATABASES LIKE 'wpdb%'")).toBe("wpdb");
  },
  minute,
);
