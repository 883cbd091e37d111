/** The job of a database machine, where it is one of two or is to be no longer, and where it has no TLS yet. */
import { type Ended, RootedGuest } from "./guest";

let guest: RootedGuest;

const replicated = {
  "replication.cnf": "[mysqld]\n",
  "mysql.conf": "ROLE=primary\nPEER=10.0.0.25\n",
  "mysql-peer.cnf": "[client]\n",
  "mysql-follow.sql": "",
};

function send(files: Readonly<Record<string, string>>): void {
  guest.run("rm", ["-rf", "/job/replication.cnf", "/job/mariadb-replication.conf", "/job/mysql.conf"]);
  const own = ["script.sh", "replicated.sh", "lvs-mysql"];
  if ("replication.cnf" in files) own.push("mariadb-replication.conf");
  const parts = ["state", "replication", "copy"].map((part) => `mysql-${part}.sh`);
  guest.manifest("mysql-server");
  guest.send("lib.sh", "leaving.sh", ...[...own, ...parts].map((file) => `mysql-server/${file}`));
  const certificates = ["ca.crt", "server.crt", "server.key"];
  for (const name of [
    "my.cnf",
    "settings.sql",
    "users.sql",
    "removed-users.sql",
    "site.sql",
    ...certificates,
  ])
    guest.write(`job/${name}`, "");
  for (const [name, text] of Object.entries(files)) guest.write(`job/${name}`, text);
}

/** A MariaDB whose answers are files, by the variable that is asked for; `peer` is the other one's number of sites. */
beforeEach(() => {
  guest = new RootedGuest();
  guest.command("mountpoint", "");
  guest.command("sleep", 'echo "sleep $*" >>"$GUEST/log"; echo 0 >"$GUEST/peer"');
  guest.command("mariadb-dump", "");
  guest.command("lvs-mysql", 'echo "lvs-mysql $*" >>"$GUEST/log"');
  guest.write("var/lib/mysql/mysql_upgrade_info", "10.11\n");
  for (const [name, text] of Object.entries({ have_ssl: "YES", read_only: "0", sites: "1", slave: "" }))
    guest.write(name, `${text}\n`);
  guest.command(
    "mariadb",
    `case "$*" in
  *VERSION*) echo 10.11 ;;
  *have_ssl*) cat "$GUEST/have_ssl" && echo YES >"$GUEST/have_ssl" ;;
  *read_only*) cat "$GUEST/read_only" ;;
  *"SHOW SLAVE STATUS"*) cat "$GUEST/slave" ;;
  *mysql-peer.cnf*COUNT*) cat "$GUEST/peer" ;;
  *COUNT*) cat "$GUEST/sites" ;;
  *RESET*) echo "$*" >>"$GUEST/log" ;;
esac`,
  );
});
afterEach(() => guest.remove());

const run = (): Ended => guest.job(["7"]);

test("MariaDB that was started without TLS is restarted before users are asked for it", () => {
  send({});
  guest.write("have_ssl", "DISABLED\n");
  expect(run().code).toBe(0);
  expect(guest.changes()).toEqual(["systemctl start mariadb.service", "systemctl restart mariadb.service"]);
  expect(run()).toMatchObject({ stdout: "unchanged\n" });
});

test("a primary takes writes after each start of MariaDB, whatever the image's unit says", () => {
  send(replicated);
  expect(run().code).toBe(0);
  expect(guest.changes()).toEqual([
    "systemctl daemon-reload",
    "systemctl start mariadb.service",
    "lvs-mysql apply",
  ]);
  expect(guest.read("etc/systemd/system/mariadb.service.d/replication.conf")).toMatch(
    /^ExecStartPost=-\+\S*\/usr\/local\/sbin\/lvs-mysql start$/m,
  );
});

test("replication is switched off on the machine that takes writes", () => {
  send(replicated);
  run();
  send({});
  guest.changes();
  expect(run().code).toBe(0);
  expect(guest.changes().map((line) => line.replace(/.*RESET MASTER.*/, "forgets"))).toEqual([
    "forgets",
    "systemctl daemon-reload",
    "systemctl restart mariadb.service",
  ]);
  expect(guest.read("etc/systemd/system/mariadb.service.d/replication.conf")).toBe("");
});

test("a replica whose primary would go changes nothing", () => {
  send(replicated);
  run();
  send({});
  guest.write("read_only", "1\n");
  guest.write("slave", "           Master_Host: 10.0.0.25\n");
  guest.changes();
  const { code, stderr } = run();
  expect(code).toBe(1);
  expect(stderr).toContain("this machine takes no writes, it follows 10.0.0.25");
  expect(stderr).toContain("then npm run promote-db");
  expect(guest.changes()).toEqual([]);
});

test("an empty primary waits for the other machine's word before it takes writes", () => {
  send(replicated);
  guest.write("sites", "0\n");
  run();
  expect(guest.changes().slice(-2)).toEqual(["sleep 0.3", "lvs-mysql apply"]);
  guest.write("peer", "1\n");
  const { code, stderr } = run();
  expect([code, guest.changes()]).toEqual([1, []]);
  expect(stderr).toContain("this database is new and the other machine holds the site's content");
});
