#!/usr/bin/env bash
# Sourced by the job of a database machine: makes it one of two if the job has files for that, and else undoes it.

# MariaDB reads these settings only as it starts. It is read-only then until lvs-mysql has asked the other machine.
lay_down_replication() {
  if [[ -f replication.cnf ]]; then
    if lay_down mariadb-replication.conf; then systemctl daemon-reload; fi
    if lay_down replication.cnf && systemctl -q is-active mariadb.service; then
      systemctl restart mariadb.service
    fi
  elif is_installed replication.cnf; then
    refuse_lone_copy
    mariadb -e "STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = ''"
    take_away replication.cnf mariadb-replication.conf
    systemctl daemon-reload
    systemctl restart mariadb.service
    changed "replication switched off"
  fi
}

# The writable machine has the site's content, so only the other one may be removed, whatever the stack file says.
refuse_lone_copy() {
  local primary
  [[ "$(mariadb -BN -e 'SELECT @@read_only')" != 0 ]] || return 0
  primary="$(mariadb -e 'SHOW SLAVE STATUS\G' | sed -n 's/^ *Master_Host: //p')"
  say "this machine takes no writes${primary:+, it follows $primary}: the other one has the site's content, and would go." \
    "Write true as mysql.replica and that one as mysql.primary, then npm run promote-db"
  return 1
}

lay_down_role() {
  lay_down mysql-peer.cnf mysql-follow.sql mysql-state.sh mysql-replication.sh mysql-copy.sh lvs-mysql mysql.conf || true
}

# installed [OPTION...]: prints 1 when the site was installed in that database, else 0. False when the database does not answer.
installed() { mariadb "$@" -BN -e "SELECT COUNT(*) FROM wpdb.wp_options WHERE option_name = 'lvs_installed'" 2>/dev/null; }

# An empty data disk must not replace the content of the other machine. On a new site the other machine answers before it waits for a
# primary.
refuse_empty_primary() {
  local peer=--defaults-file=/etc/lvs/mysql-peer.cnf
  [[ "$(installed)" == 0 ]] || return 0
  if ! wait_for 600 installed "$peer" >/dev/null; then
    say "this database is new, and the other machine, which may hold the site's content, does not answer"
    return 1
  elif [[ "$(installed "$peer")" == 1 ]]; then
    say "this database is new and the other machine holds the site's content: npm run promote-db makes that one the primary"
    return 1
  fi
}

# lvs-mysql prints what it changed.
apply_role() {
  local said
  if is_primary; then refuse_empty_primary; fi
  if ! said="$(lvs-mysql apply 2>&1)"; then
    say "$said"
    return 1
  fi
  [[ -z "$said" ]] || changed "${said//$'\n'/, }"
}

is_primary() { [[ ! -f mysql.conf ]] || grep -qx ROLE=primary mysql.conf; }
