/** Claims about the database: TLS on every connection, and a replica that has all commits. */
import type { MysqlSettings, SiteSettings } from "../../settings/site";
import { databaseStatus, replication } from "../../running/database";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, eventually, ensure } from "../claim";
import { present } from "../../settings/lists";
import { afterLast } from "../../settings/text";

/** Prints the TLS version of WordPress's database connection on a real server, with the site's CA and without it. */
const askWordpress = `cat >/tmp/lvs-verify.php <<'END'
<?php
define('SHORTINIT', true);
mysqli_report(MYSQLI_REPORT_OFF);
register_shutdown_function(function () { echo isset($GLOBALS['told']) ? '' : 'no connection'; });
require '/wordpress/wp-load.php';
$row = $wpdb->get_row("SHOW STATUS LIKE 'Ssl_version'", ARRAY_N);
$told = true;
echo $row[1] ?: 'plain';
END
trap 'rm -f /tmp/lvs-verify.php' EXIT
php /tmp/lvs-verify.php 2>/dev/null
echo
php -d openssl.cafile=/dev/null /tmp/lvs-verify.php 2>/dev/null || true
`;

const tls = ({ realServers }: SiteSettings): Claim => ({
  id: "database-tls",
  text: "WordPress uses TLS to its database, and rejects a certificate that is not by the site's CA",
  async prove(running) {
    const seen = await Promise.all(
      realServers.map(async ({ name }) => {
        const [version = "", other = ""] = (await running.execOk(name, askWordpress)).split("\n");
        ensure(/^TLSv1\.[23]$/.test(version), `${name}: ${version || "no answer"}`);
        ensure(!/TLSv|plain/.test(other), `${name} takes a server that nobody vouches for: ${other}`);
        return `${name} ${version}`;
      }),
    );
    return `${seen.join(", ")}; refused without the CA`;
  },
});

/** Runs SQL as WordPress's user on a real server. Resolves with the output of MariaDB's client, errors included. */
const asWordpress = async (
  running: RunningSite,
  mysql: MysqlSettings,
  options: string,
  sql: string,
): Promise<string> => {
  const { name } = running.site.realServers[0];
  const password = present(running.outputs.databasePassword, "password of the database");
  const command = `timeout 50 mariadb ${options} -h ${mysql.address} -u wpuser -e "${sql}" wpdb 2>&1`;
  return (await running.exec(name, `export MYSQL_PWD='${password}'\n${command}`)).stdout.trim();
};

const plain = (mysql: MysqlSettings): Claim => ({
  id: "database-plain",
  text: `${mysql.name} refuses WordPress's own password without TLS`,
  async prove(running) {
    const said = await asWordpress(running, mysql, "--skip-ssl", "SELECT 1");
    ensure(/ERROR (1045|3159|4031)/.test(said), `it was told: ${said}`);
    return afterLast(said, "\n");
  },
});

/** Runs a script that writes as root on the primary. read_only does not stop root, and a write on a replica would break its replication. */
export const execOnPrimary = (
  running: RunningSite,
  { name }: MysqlSettings,
  script: string,
): Promise<string> =>
  running.execOk(
    name,
    `[[ "$(mariadb -BNe 'SELECT @@read_only')" == 0 ]] || { echo "takes no writes: promoted since the last up; run up first" >&2; exit 1; }
${script}`,
  );

const readOnly = (replica: MysqlSettings): Claim => ({
  id: "replica-read-only",
  text: "the replica takes no writes",
  async prove(running) {
    const sql = "DELETE FROM wp_options WHERE option_name = 'lvs_verify'";
    const said = await asWordpress(running, replica, "--ssl", sql);
    ensure(said.includes("ERROR 1290"), `it was told: ${said}`);
    return afterLast(said, "\n");
  },
});

/** SQL for the primary's counters of confirmed and unconfirmed commits. */
const counted =
  "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN ('RPL_SEMI_SYNC_MASTER_YES_TX', 'RPL_SEMI_SYNC_MASTER_NO_TX') ORDER BY VARIABLE_NAME DESC";

const replicated = (mysql: MysqlSettings, replica: MysqlSettings): Claim => ({
  id: "replica",
  text: "a commit is confirmed by the replica over TLS, and the replica reaches its GTID",
  async prove(running) {
    const [yes, no, gtid = "", yesAfter, noAfter] = (
      await execOnPrimary(
        running,
        mysql,
        `mariadb -BN wpdb -e "${counted};
REPLACE INTO wp_options (option_name, option_value, autoload) VALUES ('lvs_verify', '${Date.now()}', 'no');
DELETE FROM wp_options WHERE option_name = 'lvs_verify'; SELECT @@gtid_binlog_pos; ${counted}"`,
      )
    ).split("\n");
    const confirmed = Number(yesAfter) - Number(yes);
    ensure(
      confirmed >= 2 && no === noAfter,
      `${confirmed} commits were confirmed, ${Number(noAfter) - Number(no)} were not`,
    );
    const there = await running.execOk(
      replica.name,
      `mariadb -BN -e "SELECT MASTER_GTID_WAIT('${gtid}', 10), @@gtid_binlog_pos"
mariadb -e 'SHOW SLAVE STATUS\\G' | grep -cE 'Master_SSL_(Allowed|Verify_Server_Cert): Yes'`,
    );
    // WordPress goes on writing in between: the replica may be further on by now.
    const [waited, position, secured] = there.split(/\s/);
    ensure(
      waited === "0" && secured === "2",
      `${mysql.name} was at ${gtid}; ${replica.name} answered ${waited} to the wait (0 is reached), is at ${position}, and ${secured} of 2 TLS settings are on`,
    );
    return `${replica.name} reached ${gtid} of ${mysql.name}, ${confirmed} commits confirmed, none unconfirmed`;
  },
});

const roles = (mysql: MysqlSettings, replica: MysqlSettings): Claim => ({
  id: "database-roles",
  text: `${mysql.name} is the primary, commits wait for ${replica.name}, whose lag is small`,
  prove: (running) =>
    eventually(40, async () => {
      const found = await Promise.all([mysql, replica].map(({ name }) => databaseStatus(running, name)));
      const text = [mysql, replica]
        .map(({ name }, index) => {
          const status = found[index];
          return `${name}: ${status ? `${status.role}, ${replication(status)}` : "no answer"}`;
        })
        .join("; ");
      const [first, second] = found;
      ensure(first?.role === "primary" && first.semiSynchronous && first.replicas === 1, text);
      ensure(second?.role === "replica" && second.following && Number(second.lagSeconds) <= 2, text);
      return text;
    }),
});

export function databaseClaims(site: SiteSettings): Claim[] {
  const { mysql, replica } = site;
  if (!mysql) return [];
  return [
    tls(site),
    plain(mysql),
    ...(replica ? [replicated(mysql, replica), readOnly(replica), roles(mysql, replica)] : []),
  ];
}
