#!/usr/bin/env bash
# Sourced by the job of a database machine: what makes it one of two, where there are files for that, and what undoes it.

replication_cnf=/etc/mysql/mariadb.conf.d/61-lvs-replication.cnf

# Only a start of MariaDB sets these; it is read-only from then on, until lvs-mysql has asked the other one.
lay_down_replication() {
  if [[ -f replication.cnf ]]; then
    if install_file replication.cnf "$replication_cnf" && systemctl -q is-active mariadb.service; then
      systemctl restart mariadb.service
    fi
  elif [[ -f "$replication_cnf" ]]; then
    mariadb -e "STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = ''"
    rm -f "$replication_cnf" /usr/local/sbin/lvs-mysql /etc/lvs/mysql.conf /etc/lvs/mysql-{peer.cnf,follow.sql}
    systemctl restart mariadb.service
    changed "replication switched off"
  fi
}

lay_down_role() {
  install_file mysql-peer.cnf /etc/lvs/mysql-peer.cnf 600 || true
  install_file mysql-follow.sql /etc/lvs/mysql-follow.sql 600 || true
  install_file mysql-replication.sh /usr/local/lib/lvs/mysql-replication.sh || true
  install_file lvs-mysql /usr/local/sbin/lvs-mysql 755 || true
  install_file mysql.conf /etc/lvs/mysql.conf || true
}

installed() { "$@" -BN -e "SELECT COUNT(*) FROM wpdb.wp_options WHERE option_name = 'lvs_installed'" 2>/dev/null; }

# A data disk made anew must not take the place of the other one's content.
refuse_empty_primary() {
  if [[ "$(installed mariadb)" == 0 && "$(installed mariadb --defaults-file=/etc/lvs/mysql-peer.cnf)" == 1 ]]; then
    say "this database is new and the other machine holds the site's content: npm run promote-db makes that one the primary"
    return 1
  fi
}

# What lvs-mysql says is what it changed.
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
