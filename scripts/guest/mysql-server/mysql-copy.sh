#!/usr/bin/env bash
# Sourced by lvs-mysql: replaces the content of this machine by a copy of the other machine's.
# shellcheck disable=SC2154 # mysql-state.sh sets conf and what is seen of the other one

data="${LVS_MYSQL_DATA:-/var/lib/mysql}"
# This file exists while the content here may be an incomplete copy.
seed_file="$data/lvs-seed.sql"
# A dump of what this machine had and the other one lacked, when it last took a copy.
kept_file="$data/lvs-replaced.sql"

# The scratch database of a backup exists on the primary only.
site_databases="SHOW DATABASES WHERE \`Database\` LIKE 'wpdb%' AND \`Database\` <> 'wpdb_check'"

# Two machines with different installations are never copies of each other.
is_same_site() {
  local ask="SELECT option_value FROM wpdb.wp_options WHERE option_name = 'lvs_installed'" here there
  here="$(sql "$ask" 2>/dev/null)" || return 0
  there="$(ask_peer "$ask" 2>/dev/null)" || return 0
  [[ -z "$here" || -z "$there" || "$here" == "$there" ]] || {
    say "the site here was installed $here, that on $PEER $there: neither takes the other's place"
    return 1
  }
}

# Dumps the present content, in place of the last dump, when it has transactions that the other machine lacks.
keep_own() {
  local position databases
  position="$(sql 'SELECT @@gtid_current_pos')"
  if has ask_peer "$position"; then return; fi
  mapfile -t databases < <(sql "$site_databases")
  (umask 077 && mariadb-dump --single-transaction --databases "${databases[@]}" >"$kept_file.part")
  mv "$kept_file.part" "$kept_file"
  say "keeps in $kept_file what it had at $position, which $PEER has not"
}

# The position is set last, so an interrupted copy starts again from the beginning. Databases that a restore uses are copied too, because
# the log has statements about them.
seed() {
  local position databases
  is_same_site
  keep_own
  mapfile -t databases < <(ask_peer "$site_databases")
  say "takes a copy of $PEER's content"
  mariadb-dump --defaults-file="$conf/mysql-peer.cnf" --single-transaction --master-data=2 --gtid \
    --add-drop-database --databases "${databases[@]}" >"$seed_file.part"
  mv "$seed_file.part" "$seed_file"
  sql "STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = ''"
  position="$(sed -n "s/^-- SET GLOBAL gtid_slave_pos='\(.*\)';$/\1/p;/^-- SET/q" "$seed_file")"
  mariadb --init-command='SET sql_log_bin = 0' <"$seed_file"
  sql "SET GLOBAL gtid_slave_pos = '$position'"
  rm "$seed_file"
}
