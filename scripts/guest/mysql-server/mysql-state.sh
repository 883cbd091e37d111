#!/usr/bin/env bash
# Sourced by lvs-mysql: the state of this MariaDB and of the other machine's.

conf="${LVS_CONF:-/etc/lvs}"
declare -A slave=()

sql() { mariadb -BN -e "$1"; }

# ask_peer SQL [OPTION...]: asks the other machine as the replication user, over TLS with a verified certificate.
ask_peer() { mariadb --defaults-file="$conf/mysql-peer.cnf" -BN -e "$@"; }

is_writable() { [[ "$(sql 'SELECT @@read_only')" == 0 ]]; }

# Sets peer_state to `writable`, `read-only` or `silent`, and peer_gtid to its position.
see_peer() {
  local seen
  peer_state=silent peer_gtid=""
  seen="$(ask_peer "SELECT IF(@@read_only, 'read-only', 'writable'), @@gtid_current_pos" --connect-timeout=3 2>/dev/null)" || return 0
  # shellcheck disable=SC2034 # lvs-mysql looks at them
  IFS=$'\t' read -r peer_state peer_gtid <<<"$seen"
}

# has ASK GTID: whether this MariaDB (`sql`) or the other one (`ask_peer`) has that transaction. The sequence number alone does not tell:
# two machines that were primaries at the same time have different transactions under the same number.
has() {
  local gtid known
  [[ -n "$2" ]] || return 0
  known="$("$1" "SELECT CONCAT_WS(' ', REPLACE(@@gtid_binlog_state, ',', ' '), REPLACE(@@gtid_slave_pos, ',', ' '))")"
  for gtid in $known; do
    if [[ "${gtid%-*}" == "${2%-*}" ]] && ((${gtid##*-} >= ${2##*-})); then return 0; fi
  done
  return 1
}

# SHOW SLAVE STATUS by field. Empty when this MariaDB does not replicate.
see_slave() {
  local key value
  slave=()
  while IFS=: read -r key value; do
    [[ -z "$value" ]] || slave["${key// /}"]="${value# }"
  done < <(mariadb -e 'SHOW SLAVE STATUS\G')
}

# The other machine names its log only once it has found the position from which it is asked to go on. Before that, both threads run too.
follows() {
  [[ "${slave[Master_Host]:-}" == "$PEER" && -n "${slave[Master_Log_File]:-}" && "${slave[Slave_IO_Running]:-}" == Yes && "${slave[Slave_SQL_Running]:-}" == Yes ]]
}

# Whether the only fault is that the other machine does not answer. Errors from 2000 on are about the connection; 2026 is about TLS, and
# comes from a machine that answers.
is_intact() {
  [[ "${slave[Slave_SQL_Running]:-}" == Yes && "${slave[Last_IO_Errno]:-}" =~ ^(0|2[0-9]{3})$ && "${slave[Last_IO_Errno]}" != 2026 ]]
}

# Seconds since the other machine was last heard. `null` when that is unknown: after a start, which discards what was received and not
# applied, until it is heard again.
silent_seconds() {
  local lost=""
  if [[ "${slave[Slave_IO_Running]:-}" == Yes ]]; then
    echo 0
    return
  fi
  if [[ "${slave[Slave_IO_State]:-}" == *"after a failed master event read" ]]; then
    lost="$(journalctl -b -u mariadb.service -o short-unix | grep -F 'Slave I/O thread: Failed reading log event' | tail -n 1)" || true
  fi
  if [[ -n "$lost" ]]; then echo "$((EPOCHSECONDS - ${lost%%.*}))"; else echo null; fi
}

status() {
  local now=fenced values values_json
  see_slave
  values="$(sql "SELECT @@read_only, @@gtid_current_pos;
    SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_master_clients', 'Rpl_semi_sync_master_status')")"
  [[ -z "${slave[Master_Host]:-}" ]] || now=replica
  [[ "$values" == 1* ]] || now=primary
  values_json="$(awk -F'\t' 'NR == 1 { gtid = $2 } /clients/ { clients = $2 } /status/ { semi = ($2 == "ON") ? "true" : "false" }
    END { printf "\"gtid\": \"%s\", \"replicas\": %d, \"semiSynchronous\": %s", gtid, clients, semi }' <<<"$values")"
  local error="${slave[Last_SQL_Error]:-}${slave[Last_IO_Error]:-}" lag="${slave[Seconds_Behind_Master]:-null}"
  [[ "$lag" != NULL ]] || lag=null
  printf '{"role": "%s", %s, "following": %s, "applying": %s, "intact": %s, "lagSeconds": %s, "silentSeconds": %s, "error": "%s"}\n' \
    "$now" "$values_json" "$(follows && echo true || echo false)" "$([[ "${slave[Slave_SQL_Running]:-}" == Yes ]] && echo true || echo false)" \
    "$(is_intact && echo true || echo false)" "$lag" "$(silent_seconds)" "${error//[\"\\]/}"
}
