/** Who runs what WordPress has due, decided in a real MariaDB by machines that ask one after another, or at once. */
import { cpSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { resolveSite } from "../../settings/resolve";
import { cronConf } from "../../templates/cron";
import { wordpressDatabaseFile, wordpressDatabaseFiles } from "../../templates/wordpressDatabase";
import { Folder, mustAsk } from "./daemon";
import { bootstrap, serverOptions } from "./oneDatabase";
import { certify, makeCa } from "./twoDatabases";

const folder = new Folder();
afterAll(() => folder.remove());

const own = "scripts/guest/real-server/wordpress";

beforeAll(() => {
  bootstrap(folder, "CREATE DATABASE wpdb;\n");
  makeCa(folder);
  certify(folder, "tls", "127.0.0.1");
  const here = (text: string) =>
    text.replaceAll(/\/usr\/local\/share\/lvs\/cron\/|\/wordpress\/|\/etc\/lvs\//g, `${folder.path}/`);
  const site = resolveSite("dev", { network: { cidr: "127.0.0.0/24" }, mysql: { address: "127.0.0.1" } });
  folder.write("wordpress-database.php", wordpressDatabaseFiles(site.mysql!)["wordpress-database.php"]);
  folder.write("lvs-cron", here(readFileSync(`${own}/lvs-cron`, "utf8")), 0o755);
  folder.write("run-cron.php", here(readFileSync(`${own}/run-cron.php`, "utf8")));
  folder.write("wp-settings.php", readFileSync(`${own}/wp-settings.php`, "utf8"));
  folder.write("cron.conf", cronConf(resolveSite("dev", { wordpress: { cronIntervalSeconds: 30 } })));
  folder.write(
    "wp-config.php",
    `<?php
require '${folder.path}/${basename(wordpressDatabaseFile)}';
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_NAME', 'wpdb');
require_once ABSPATH . 'wp-settings.php';
`,
  );
  // In WordPress's place: what is due goes well, or not.
  folder.write(
    "wp-cron.php",
    `<?php
$wpdb = new class {
    public function prepare($sql, ...$values) { return vsprintf(str_replace('%s', "'%s'", $sql), $values); }
    public function query($sql) { return (new mysqli('localhost', 'root', '', 'wpdb', 0, 'socket'))->query($sql); }
};
$wp_db_version = 60421;
function get_option($name) { return getenv('DB_VERSION') ?: '60421'; }
function wp_upgrade() { echo "wp_upgrade\\n"; }
define('ABSPATH', __DIR__ . '/');
foreach ($GLOBALS['wp_filter']['wp_loaded'][10] as $hook) $hook['function']();
if (getenv('BROKEN')) missing();
die();
`,
  );
  folder.write("wp-admin/includes/upgrade.php", "<?php");
}, 60_000);

const tls = [
  "--require-secure-transport=ON",
  `--ssl-cert=${folder.path}/tls/server.crt`,
  `--ssl-key=${folder.path}/tls/server.key`,
];

beforeEach(() => cpSync(`${folder.path}/ca.crt`, `${folder.path}/database-ca.crt`));

/** What a script prints on a machine with a MariaDB of its own; `as HOST COMMAND...` runs as the machine of that name. */
function say(script: string): string[] {
  const inside = `ip link set lo up
rm -f ${folder.path}/socket
mariadbd ${[...serverOptions(folder), ...tls].join(" ")} --skip-grant-tables --bind-address=127.0.0.1 --socket=${folder.path}/socket >${folder.path}/log 2>&1 &
export database=$!
until [ -S ${folder.path}/socket ]; do sleep 0.05; done
cd ${folder.path}`;
  const words = `as() { unshare --uts bash -c 'hostname "$1"; "\${@:2}"' - "$@"; echo "exit $?"; }
elect() { as "$1" ./lvs-cron elect; }
sql() { mariadb -S socket -BN wpdb -e "$1"; }
sql 'DROP TABLE IF EXISTS lvs_lease'
`;
  return mustAsk("bash", ["-c", words + script], { inside })
    .trimEnd()
    .split("\n");
}

const remaining = "sql 'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), expires) FROM lvs_lease'";

test("the first machine that asks is elected, and stays it; it says so once", () => {
  const said = say(`elect rs1; elect rs2; elect rs1; ${remaining}`);
  expect(said.slice(0, 4)).toEqual([
    "rs1 is elected to run what WordPress has due",
    "exit 0",
    "exit 1",
    "exit 0",
  ]);
  expect(Number(said[4])).toBeGreaterThan(50);
  expect(Number(said[4])).toBeLessThanOrEqual(60);
});

test("of many that ask at once, one is elected", () => {
  const race =
    "elect rs0 >/dev/null; sql 'DELETE FROM lvs_lease'; for i in $(seq 8); do elect rs$i & done; wait";
  const said = say(race);
  expect(said.filter((line) => line === "exit 0")).toHaveLength(1);
  expect(said.filter((line) => line === "exit 1")).toHaveLength(7);
});

test("when its lease is over another takes it", () => {
  const over = "sql 'UPDATE lvs_lease SET expires = UTC_TIMESTAMP()'";
  expect(
    say(`elect rs1 >/dev/null; ${over}; ./lvs-cron status; elect rs2; elect rs1; ./lvs-cron status`),
  ).toEqual([
    "nobody",
    "rs2 is elected to run what WordPress has due",
    "exit 0",
    "exit 1",
    "rs2, which has not run yet",
  ]);
});

test("what ran well renews the lease, what failed does not", () => {
  const soon = "sql 'UPDATE lvs_lease SET expires = UTC_TIMESTAMP() + INTERVAL 9 SECOND'";
  const said = say(`elect rs1 >/dev/null; ${soon}
BROKEN=yes as rs1 php run-cron.php 2>/dev/null | tail -n 1; ${remaining}; ./lvs-cron status
as rs1 php run-cron.php; ${remaining}; ./lvs-cron status`);
  expect(said[0]).toBe("exit 255");
  expect(Number(said[1])).toBeLessThan(10);
  expect(said[2]).toBe("rs1, which has not run yet");
  expect(said[3]).toBe("exit 0");
  expect(Number(said[4])).toBeGreaterThan(50);
  expect(said[5]).toMatch(/^rs1, which ran [0-5] s ago$/);
});

test("the tables of an older WordPress are upgraded before anything that is due", () => {
  const said = say("elect rs1 >/dev/null; DB_VERSION=53496 as rs1 php run-cron.php; as rs1 php run-cron.php");
  const upgraded = "WordPress's tables are upgraded from version 53496 to 60421";
  expect(said).toEqual(["wp_upgrade", upgraded, "exit 0", "exit 0"]);
});

test("without a database nobody is elected, and it is said why", () => {
  const said = say("kill $database; while kill -0 $database 2>/dev/null; do sleep 0.1; done; elect rs1 2>&1");
  expect(said).toEqual(["lvs-cron: Connection refused", "exit 1"]);
});

test("a database that the site's CA does not vouch for elects nobody", () => {
  folder.write("database-ca.crt", readFileSync("/etc/ssl/certs/ca-certificates.crt", "utf8"));
  expect(say("elect rs1 2>&1").at(-1)).toBe("exit 1");
  expect(say("elect rs1 2>&1").join()).toMatch(/certificate verify failed/);
});
