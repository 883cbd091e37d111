/** Files for the two machines of a replicated database: binary log, semi-synchronous replication, roles, and connections to each other. */
import type { MysqlSettings, SiteSettings } from "../settings/site";
import { databaseTls, sqlString } from "./mysqlServer";

/**
 * System variables that are set only at start. Both machines have the same and start read-only; `lvs-mysql` makes one the primary. The
 * replica writes its own binary log, so that the other machine can follow it after a promotion.
 */
export function replicationCnf(mysql: MysqlSettings): string {
  return `[mysqld]
server_id = ${mysql.serverId}
read_only = ON
log_bin = binlog
log_slave_updates = ON
binlog_format = ROW
sync_binlog = 1
binlog_expire_logs_seconds = 604800
max_binlog_size = 64M
gtid_strict_mode = ON
relay_log = relay
slave_net_timeout = 10
master_retry_count = 0
rpl_semi_sync_slave_enabled = ON
rpl_semi_sync_master_wait_point = AFTER_SYNC
`;
}

/** The settings that `lvs-mysql` sources. */
export function roleConf(site: SiteSettings, mysql: MysqlSettings, peer: MysqlSettings): string {
  return `ROLE=${site.mysql?.name === mysql.name ? "primary" : "replica"}
PEER=${peer.address}
`;
}

/** Client options for queries to the other machine. */
export function peerCnf(peer: MysqlSettings, password: string): string {
  return `[client]
host = ${peer.address}
user = replicator
password = ${password}
ssl-ca = ${databaseTls.ca}
ssl-verify-server-cert

[mariadb-client]
connect-timeout = 30
`;
}

/**
 * SQL that starts replication at the machine's own GTID position. `MASTER_DEMOTE_TO_SLAVE` includes the
 * transactions that the machine wrote itself as a primary.
 */
export function followSql(peer: MysqlSettings, password: string): string {
  return `CHANGE MASTER TO
  MASTER_HOST = ${sqlString(peer.address)}, MASTER_USER = 'replicator', MASTER_PASSWORD = ${sqlString(password)},
  MASTER_SSL = 1, MASTER_SSL_CA = ${sqlString(databaseTls.ca)}, MASTER_SSL_VERIFY_SERVER_CERT = 1,
  MASTER_CONNECT_RETRY = 2, MASTER_USE_GTID = slave_pos, MASTER_DEMOTE_TO_SLAVE = 1;
START SLAVE;
`;
}
