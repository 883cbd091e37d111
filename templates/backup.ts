/** Files of the NFS server for backups, and the database user that makes them. */
import { remoteParts } from "../settings/schema/backup";
import { type MysqlSettings, type SiteSettings, addressToward, siteUrl } from "../settings/site";
import { dropUsers, unlogged } from "./mysqlServer";
import { placementOf } from "./placements";
import { present } from "../settings/lists";

type BackupSettings = NonNullable<SiteSettings["backup"]>;

/**
 * backup.conf, which `lvs-backup` and `lvs-restore` source. `DATABASE` is the address of the given database
 * machine: the primary, if the database is replicated. `REMOTE*` are empty without a remote host.
 */
export function backupConf(
  site: SiteSettings,
  { directory, keep, schedule, remote }: BackupSettings,
  { address }: MysqlSettings,
): string {
  const parts = remote && present(remoteParts(remote.to), "remote folder");
  return `STACK=${site.stack}
SITE_URL=${siteUrl(site).slice(0, -1)}
DATABASE=${address}
DIRECTORY=${directory}
KEEP=${keep}
SCHEDULE='${schedule}'
REMOTE=${parts ? `${parts.user}@${parts.address}` : ""}
REMOTE_FOLDER=${parts?.path ?? ""}
REMOTE_PORT=${remote?.port ?? ""}
`;
}

/** Path on the NFS server of the CA certificate that signed the database's certificate. */
const caFile = placementOf("nfs-server", "backup.ca.crt").path;

/** MariaDB's client options. They are in a file, because any user can read a password in argv. TLS accepts only the site's own CA. */
export function backupCnf(password: string): string {
  return `[client]
user=lvs_backup
password=${password}
ssl
ssl-ca=${caFile}
ssl-verify-server-cert
default-character-set=utf8mb4
`;
}

/** systemd.timer(5). `Persistent` makes up for runs that were missed while the machine was off. */
export function backupTimer({ schedule }: BackupSettings): string {
  return `[Unit]
Description=LVS backup, ${schedule}

[Timer]
OnCalendar=${schedule}
Persistent=true
AccuracySec=1s

[Install]
WantedBy=multi-user.target
`;
}

/** known_hosts of sshd(8), with one line: the remote host's. */
export function knownHosts({ to, port, hostKey }: NonNullable<BackupSettings["remote"]>): string {
  const { address } = present(remoteParts(to), "remote folder");
  return `${port === 22 ? address : `[${address}]:${port}`} ${hostKey}\n`;
}

/**
 * SQL that creates `lvs_backup` on one database machine, for connections from the NFS server's address over TLS,
 * and drops it for other hosts. Without backups it only drops the user. Each database machine has its own copy of
 * the user. RELOAD is for BACKUP STAGE, PROCESS shows that the dump has opened its transaction, and BINLOG ADMIN
 * keeps a scratch database out of the binary log. The user owns the site's database, and the `wpdb_...` databases
 * into which `lvs-restore` restores.
 */
export function backupUserSql(site: SiteSettings, mysql: MysqlSettings, password?: string): string {
  if (!site.backup || !site.nfs || password === undefined) return unlogged + dropUsers("User = 'lvs_backup'");
  const host = addressToward(site.nfs, mysql);
  const user = `'lvs_backup'@'${host}'`;
  return `${unlogged}${dropUsers(`User = 'lvs_backup' AND Host <> '${host}'`)}CREATE USER IF NOT EXISTS ${user};
ALTER USER ${user} IDENTIFIED BY '${password}' REQUIRE SSL;
GRANT RELOAD, PROCESS, BINLOG ADMIN ON *.* TO ${user};
GRANT ALL ON \`wpdb\`.* TO ${user};
GRANT ALL ON \`wpdb\\_%\`.* TO ${user};
`;
}
