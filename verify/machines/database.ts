/** What the database promises: TLS on every connection, and a replica that has what was committed. */
import type { MysqlSettings, SiteSettings } from "../../settings/site";
import { databaseStatus, replication } from "../../running/database";
import type { Lab } from "../../running/runningSite";
import { type Check, eventually, expect } from "../claim";

/** What PHP on a real server finds out through wp-config.php: the TLS of its connection, or why there is none. */
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

const tls = ({ realServers }: SiteSettings): Check => ({
  id: "database-tls",
  claim: "WordPress speaks TLS with its database, and with no server that the site's CA does not vouch for",
  async prove(lab) {
    const seen = await Promise.all(
      realServers.map(async ({ name }) => {
        const [version = "", other = ""] = (await lab.tell(name, askWordpress)).split("\n");
        expect(/^TLSv1\.[23]$/.test(version), `${name}: ${version || "no answer"}`);
        expect(!/TLSv|plain/.test(other), `${name} takes a server that nobody vouches for: ${other}`);
        return `${name} ${version}`;
      }),
    );
    return `${seen.join(", ")}; refused without the CA`;
  },
});

/** Tries something as WordPress's user on a real server; gives what MariaDB's client says. */
const asWordpress = async (lab: Lab, mysql: MysqlSettings, options: string, sql: string): Promise<string> => {
  const { name } = lab.site.realServers[0]!;
  const password = lab.outputs.databasePassword!;
  const command = `timeout 50 mariadb ${options} -h ${mysql.address} -u wpuser -e "${sql}" wpdb 2>&1`;
  return (await lab.ask(name, `export MYSQL_PWD='${password}'\n${command}`)).stdout.trim();
};

const plain = (mysql: MysqlSettings): Check => ({
  id: "database-plain",
  claim: `${mysql.name} refuses WordPress's own password without TLS`,
  async prove(lab) {
    const said = await asWordpress(lab, mysql, "--skip-ssl", "SELECT 1");
    expect(/ERROR (1045|3159|4031)/.test(said), `it was told: ${said}`);
    return said.split("\n").at(-1)!;
  },
});

/** Runs a script that writes as root, whom read_only does not stop: on a replica that would break off what it follows. */
export const tellPrimary = (lab: Lab, { name }: MysqlSettings, script: string): Promise<string> =>
  lab.tell(
    name,
    `[[ "$(mariadb -BNe 'SELECT @@read_only')" == 0 ]] || { echo "takes no writes: promoted since the last up; run up first" >&2; exit 1; }
${script}`,
  );

const readOnly = (replica: MysqlSettings): Check => ({
  id: "replica-read-only",
  claim: "the replica takes no writes",
  async prove(lab) {
    const sql = "DELETE FROM wp_options WHERE option_name = 'lvs_verify'";
    const said = await asWordpress(lab, replica, "--ssl", sql);
    expect(said.includes("ERROR 1290"), `it was told: ${said}`);
    return said.split("\n").at(-1)!;
  },
});

/** The primary counts commits that were confirmed, and those that were not. */
const counted =
  "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN ('RPL_SEMI_SYNC_MASTER_YES_TX', 'RPL_SEMI_SYNC_MASTER_NO_TX') ORDER BY VARIABLE_NAME DESC";

const replicated = (mysql: MysqlSettings, replica: MysqlSettings): Check => ({
  id: "replica",
  claim: "a commit is confirmed by the replica over TLS, which then is at the same GTID",
  async prove(lab) {
    const [yes, no, gtid, yesAfter, noAfter] = (
      await tellPrimary(
        lab,
        mysql,
        `mariadb -BN wpdb -e "${counted};
REPLACE INTO wp_options (option_name, option_value, autoload) VALUES ('lvs_verify', '${Date.now()}', 'no');
DELETE FROM wp_options WHERE option_name = 'lvs_verify'; SELECT @@gtid_binlog_pos; ${counted}"`,
      )
    ).split("\n");
    const confirmed = Number(yesAfter) - Number(yes);
    expect(
      confirmed >= 2 && no === noAfter,
      `${confirmed} commits were confirmed, ${Number(noAfter) - Number(no)} were not`,
    );
    const there = await lab.tell(
      replica.name,
      `mariadb -BN -e "SELECT MASTER_GTID_WAIT('${gtid!}', 10), @@gtid_binlog_pos"
mariadb -e 'SHOW SLAVE STATUS\\G' | grep -cE 'Master_SSL_(Allowed|Verify_Server_Cert): Yes'`,
    );
    expect(there === `0\t${gtid!}\n2`, `${mysql.name} is at ${gtid!}, and ${replica.name} said: ${there}`);
    return `both at ${gtid!}, ${confirmed} commits confirmed, none not`;
  },
});

const roles = (mysql: MysqlSettings, replica: MysqlSettings): Check => ({
  id: "database-roles",
  claim: `${mysql.name} is the primary, commits wait for ${replica.name}, which follows closely`,
  prove: (lab) =>
    eventually(40, async () => {
      const found = await Promise.all([mysql, replica].map(({ name }) => databaseStatus(lab, name)));
      const text = [mysql, replica]
        .map(({ name }, index) => {
          const status = found[index];
          return `${name}: ${status ? `${status.role}, ${replication(status)}` : "no answer"}`;
        })
        .join("; ");
      const [first, second] = found;
      expect(first?.role === "primary" && first.semiSynchronous && first.replicas === 1, text);
      expect(second?.role === "replica" && second.following && Number(second.lagSeconds) <= 2, text);
      return text;
    }),
});

export function databaseChecks(site: SiteSettings): Check[] {
  const { mysql, replica } = site;
  if (!mysql) return [];
  return [
    tls(site),
    plain(mysql),
    ...(replica ? [replicated(mysql, replica), readOnly(replica), roles(mysql, replica)] : []),
  ];
}
