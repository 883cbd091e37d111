#!/usr/bin/env bash
# Sourced by lvs-mysql: how this MariaDB follows the other one.
# shellcheck disable=SC2154 # mysql-state.sh sets conf and what is seen of the other one

# Starts replication from the present position. False when the log of the other machine does not continue from it, or contradicts it.
follow() {
  [[ -n "$(sql 'SELECT @@gtid_current_pos')" ]] || {
    say "has nothing from which to go on"
    return 1
  }
  resume
}

resume() {
  sql "STOP SLAVE"
  mariadb <"$conf/mysql-follow.sql"
  if ! comes_to_follow 30; then
    say "cannot go on from ${slave[Gtid_IO_Pos]:-nothing}: ${slave[Last_SQL_Error]:-}${slave[Last_IO_Error]:-}"
    return 1
  fi
  say "follows $PEER"
  ask_for_confirmation
}

# comes_to_follow SECONDS
comes_to_follow() {
  local deadline=$((SECONDS + $1))
  until see_slave && follows; do
    is_intact && ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}

# A primary whose commits nobody confirmed notices only with its next commit that somebody does again.
ask_for_confirmation() {
  ask_peer "BEGIN NOT ATOMIC IF (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'RPL_SEMI_SYNC_MASTER_STATUS') = 'OFF' THEN
    SET GLOBAL rpl_semi_sync_master_enabled = OFF; SET GLOBAL rpl_semi_sync_master_enabled = ON; END IF; END" --delimiter=//
}

# catch_up GTID: waits for this position, else for that of the other machine, or for what it had sent before it fell silent. A promoted
# primary may lack later transactions of the former one, if it has more of its own.
catch_up() {
  local deadline=$((SECONDS + 120)) position own
  while [[ "$peer_state" == writable ]]; do
    ((SECONDS < deadline)) || refuse "$PEER still takes writes: npm run promote-db fences it"
    sleep 1
    see_peer
  done
  see_slave
  position="${1:-${peer_gtid:-${slave[Gtid_IO_Pos]:-}}}"
  if has sql "$position"; then return; fi
  own="$(sql 'SELECT @@gtid_current_pos')"
  own="${own##*-}"
  if [[ -z "$1" ]] && ((${own:-0} > ${position##*-})); then
    say "goes without $position, which $PEER alone has"
    return
  fi
  [[ -n "${slave[Master_Host]:-}" ]] || follow
  sql "DO MASTER_GTID_WAIT('$position', 60)"
  has sql "$position" || {
    see_slave
    refuse "could not catch up to $position of $PEER: ${slave[Last_SQL_Error]:-}${slave[Last_IO_Error]:-}"
  }
}
