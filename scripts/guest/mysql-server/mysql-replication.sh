#!/usr/bin/env bash
# Sourced by lvs-mysql: this MariaDB and the other one as they are, and how this one follows the other.

conf="${LVS_CONF:-/etc/lvs}"
declare -A slave=()
seed_file="${LVS_SEED:-/var/lib/mysql/lvs-seed.sql}"

sql() { mariadb -BN -e "$1"; }

# ask_peer SQL [OPTION...]: as the user that replicates, over TLS, the certificate verified.
ask_peer() { mariadb --defaults-file="$conf/mysql-peer.cnf" -BN -e "$@"; }

is_writable() { [[ "$(sql 'SELECT @@read_only')" == 0 ]]; }

# Sets peer_state to `writable`, `read-only` or `silent`, and peer_gtid to how far it is.
see_peer() {
  local seen
  peer_state=silent peer_gtid=""
  seen="$(ask_peer "SELECT IF(@@read_only, 'read-only', 'writable'), @@gtid_binlog_pos" 2>/dev/null)" || return 0
  # shellcheck disable=SC2034 # lvs-mysql looks at them
  IFS=$'\t' read -r peer_state peer_gtid <<<"$seen"
}

# SHOW SLAVE STATUS by field; empty when nothing is followed.
see_slave() {
  local key value
  slave=()
  while IFS=: read -r key value; do
    [[ -z "$value" ]] || slave["${key// /}"]="${value# }"
  done < <(mariadb -e 'SHOW SLAVE STATUS\G')
}

follows() {
  [[ "${slave[Master_Host]:-}" == "$PEER" && "${slave[Slave_IO_Running]:-}" == Yes && "${slave[Slave_SQL_Running]:-}" == Yes ]]
}

# Nothing went wrong but that the other one is silent: errors from 2000 on are the connection's.
is_intact() {
  [[ "${slave[Slave_SQL_Running]:-}" == Yes && "${slave[Last_IO_Errno]:-}" =~ ^(0|2[0-9]{3})$ ]]
}

# From where it is, when the other one knows that place; else from a copy.
follow() {
  local position
  position="$(sql 'SELECT @@gtid_current_pos')"
  if [[ -z "$position" ]] || ! resume; then
    seed
    resume
  fi
  ask_for_confirmation
}

# A primary that found nobody to confirm its commits would see only after its next one that there is somebody again.
ask_for_confirmation() {
  ask_peer "BEGIN NOT ATOMIC IF (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'RPL_SEMI_SYNC_MASTER_STATUS') = 'OFF' THEN
    SET GLOBAL rpl_semi_sync_master_enabled = OFF; SET GLOBAL rpl_semi_sync_master_enabled = ON; END IF; END" --delimiter=//
}

# False when the other one's log does not go on from here, or does not fit what is here.
resume() {
  local tries
  sql "STOP SLAVE"
  mariadb <"$conf/mysql-follow.sql"
  for ((tries = 0; tries < 60; tries++)); do
    see_slave
    if follows; then
      say "follows $PEER"
      return
    fi
    is_intact || break
    sleep 0.5
  done
  say "cannot go on from ${slave[Gtid_IO_Pos]:-nothing}: ${slave[Last_SQL_Error]:-}${slave[Last_IO_Error]:-}"
  return 1
}

# The position is set last: a copy that was cut off is begun anew. What a restore has beside the site's database is copied too,
# for the log speaks of that as well.
seed() {
  local position databases
  mapfile -t databases < <(ask_peer "SHOW DATABASES LIKE 'wpdb%'")
  say "takes a copy of $PEER's content"
  mariadb-dump --defaults-file="$conf/mysql-peer.cnf" --single-transaction --master-data=2 --gtid \
    --add-drop-database --databases "${databases[@]}" >"$seed_file"
  sql "STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = ''"
  position="$(sed -n "s/^-- SET GLOBAL gtid_slave_pos='\(.*\)';$/\1/p;/^-- SET/q" "$seed_file")"
  mariadb --init-command='SET sql_log_bin = 0' <"$seed_file"
  rm "$seed_file"
  sql "SET GLOBAL gtid_slave_pos = '$position'"
}
