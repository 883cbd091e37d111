/** Two MariaDB servers of this host at loopback addresses, each with what a machine of a replicated database reads. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { resolveSite } from "../../settings/resolve";
import { type MysqlSettings, databasesOf, otherDatabaseOf } from "../../settings/site";
import { backupCnf, backupUserSql } from "../../templates/backup";
import { databaseTls, myCnf, usersSql } from "../../templates/mysqlServer";
import { followSql, peerCnf, replicationCnf, roleConf } from "../../templates/replication";
import { type Folder, mustAsk } from "./daemon";

const port = 33_000 + (process.pid % 1000);
/** From which one reaches the other on a host that has both. */
const source = "127.0.0.1";

/** Which of the two the stack file calls the primary. */
type Name = "mysql" | "mysql2";
const siteOf = (primary: Name) =>
  resolveSite("dev", {
    network: { cidr: "127.0.0.0/24" },
    mysql: { replica: true, primary, semiSyncTimeoutSeconds: 2 },
    backup: {},
  });

interface Ended {
  readonly code: number;
  readonly output: string;
}

export function makeCa(folder: Folder): void {
  const [key, certificate] = [`${folder.path}/ca.key`, `${folder.path}/ca.crt`];
  const elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  mustAsk("openssl", ["req", "-x509", ...elliptic, "-keyout", key, "-subj", "/CN=CA", "-out", certificate]);
}

/** server.key and server.crt for an address in `place` below the folder, by the CA that is in the folder. */
export function certify(folder: Folder, place: string, address: string): void {
  const extensions = folder.write(`${place}/extensions`, `subjectAltName = IP:${address}\n`);
  const [key, request, certificate] = ["server.key", "request", "server.crt"].map(
    (file) => `${folder.path}/${place}/${file}`,
  ) as [string, string, string];
  const elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  mustAsk("openssl", ["req", ...elliptic, "-keyout", key, "-subj", "/CN=database", "-out", request]);
  const ca = ["-CA", `${folder.path}/ca.crt`, "-CAkey", `${folder.path}/ca.key`];
  const args = ["-req", "-in", request, ...ca, "-extfile", extensions, "-out", certificate];
  mustAsk("openssl", ["x509", ...args]);
}

export class Database {
  private readonly settings: MysqlSettings;
  private readonly peer: MysqlSettings;
  private readonly temporary: string;
  private daemon?: ChildProcess;

  constructor(
    private readonly folder: Folder,
    readonly name: Name,
  ) {
    const site = siteOf("mysql");
    this.settings = databasesOf(site).find((known) => known.name === name)!;
    this.temporary = folder.folder(`${name}/tmp`);
    this.peer = otherDatabaseOf(site, this.settings)!;
    certify(folder, name, this.settings.address);
    const here = (text: string) => text.replaceAll(databaseTls.ca, `${folder.path}/ca.crt`);
    const cnf = here(myCnf(this.settings) + replicationCnf(this.settings))
      .replace(databaseTls.certificate, this.path("server.crt"))
      .replace(databaseTls.key, this.path("server.key"))
      .replace(/^innodb_buffer_pool_size = .*$/m, "innodb_buffer_pool_size = 16M");
    this.write("my.cnf", `${cnf}port = ${port}\nsocket = ${this.path("socket")}\n`);
    const peerOptions = here(peerCnf(this.peer, "between"));
    this.write("conf/mysql-peer.cnf", peerOptions.replace("[client]\n", `[client]\nport = ${port}\n`));
    const backup = backupCnf("kept").replace(/^ssl-ca=.*$/m, `ssl-ca=${folder.path}/ca.crt`);
    this.write("backup.cnf", `${backup}port=${port}\n`);
    const follow = here(followSql(this.peer, "between"));
    this.write("conf/mysql-follow.sql", follow.replace("MASTER_SSL = 1", `MASTER_PORT = ${port}, $&`));
    this.is("mysql");
    for (const program of ["mariadb", "mariadb-dump"])
      this.write(
        `bin/${program}`,
        `#!/bin/sh
case "$1" in --defaults-file=*) exec /usr/bin/${program} "$@" ;; esac
exec /usr/bin/${program} --no-defaults --socket=${this.path("socket")} "$@"
`,
        0o755,
      );
    const lines = `grep 'Failed reading' ${this.path("log")} | while read -r day time line`;
    const stamped = `echo "$(date -d "$day $time" +%s).000000 guest mariadbd[1]: $line"`;
    this.write("bin/journalctl", `#!/bin/sh\n${lines}; do ${stamped}; done\n`, 0o755);
  }

  private path(file: string): string {
    return `${this.folder.path}/${this.name}/${file}`;
  }

  private write(file: string, text: string, mode = 0o644): void {
    this.folder.write(`${this.name}/${file}`, text, mode);
  }

  read(file: string): string {
    return readFileSync(this.path(file), "utf8");
  }

  /** What the stack file says of the primary reaches this machine. */
  is(primary: Name): void {
    const site = siteOf(primary);
    this.write("conf/mysql.conf", roleConf(site, this.settings, this.peer));
  }

  /** A first start: system tables, the users that the job makes, some content, and a user who may not write where nobody may. */
  async make(): Promise<void> {
    const auth = "--auth-root-authentication-method=socket";
    const installed = await this.run("mariadb-install-db", [
      "--no-defaults",
      `--datadir=${this.path("data")}`,
      auth,
    ]);
    if (installed.code !== 0) throw new Error(`mariadb-install-db: ${installed.output}`);
    await this.start();
    const site = siteOf("mysql");
    const users = usersSql(site, this.settings, "word", "between");
    const backup = backupUserSql(site, this.settings, "kept");
    await this.sql(`SET sql_log_bin = 0;
CREATE DATABASE wpdb; CREATE TABLE wpdb.posts (title TEXT);
CREATE USER writer@localhost; GRANT INSERT ON wpdb.posts TO writer@localhost;
${users.replaceAll(this.peer.address, source)}
${backup.replaceAll(site.nfs!.address, source)}`);
  }

  async start(...options: readonly string[]): Promise<void> {
    const log = openSync(this.path("log"), "a");
    const args = [`--defaults-file=${this.path("my.cnf")}`, `--datadir=${this.path("data")}`, "--user=root"];
    this.daemon = spawn("mariadbd", [...args, ...options], { stdio: ["ignore", log, log], env: this.env() });
    closeSync(log);
    for (let tries = 0; tries < 200 && (await this.run("mariadb", ["-e", "DO 0"])).code !== 0; tries += 1)
      await sleep(100);
  }

  async kill(): Promise<void> {
    if (this.daemon?.exitCode !== null || this.daemon.signalCode !== null) return;
    const gone = new Promise((done) => this.daemon!.once("exit", done));
    this.daemon.kill("SIGKILL");
    await gone;
  }

  /** As root. @throws when it fails, with what MariaDB said */
  async sql(text: string): Promise<string> {
    const { code, output } = await this.run("mariadb", ["-BN", "-e", text]);
    if (code !== 0) throw new Error(output);
    return output.trim();
  }

  /** As a user without special rights. */
  insert(title: string): Promise<Ended> {
    return this.run("mariadb", ["-u", "writer", "-e", `INSERT INTO wpdb.posts VALUES ('${title}')`]);
  }

  /** As the NFS server that backs it up. */
  backedUp(program: "mariadb" | "mariadb-dump", ...args: readonly string[]): Promise<Ended> {
    const file = `--defaults-file=${this.path("backup.cnf")}`;
    return this.run(program, [file, "-h", this.settings.address, ...args]);
  }

  async posts(): Promise<string[]> {
    return (await this.sql("SELECT title FROM wpdb.posts ORDER BY title")).split("\n").filter(Boolean);
  }

  lvsMysql(...words: readonly string[]): Promise<Ended> {
    return this.run("bash", ["scripts/guest/mysql-server/lvs-mysql", ...words]);
  }

  async status(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.lvsMysql("status")).output) as Record<string, unknown>;
  }

  private run(program: string, args: readonly string[]): Promise<Ended> {
    return new Promise((done) =>
      execFile(program, args, { env: this.env(), timeout: 90_000 }, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
      ),
    );
  }

  private env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PATH: `${this.path("bin")}:${process.env.PATH}:/usr/sbin`,
      LVS_CONF: this.path("conf"),
      LVS_LIB: "scripts/guest/mysql-server",
      LVS_MYSQL_DATA: this.path("data"),
      LVS_RUN: this.path("run"),
      // A MariaDB that starts removes every temporary table in its folder, those of its neighbours in /tmp too.
      TMPDIR: this.temporary,
    };
  }
}
