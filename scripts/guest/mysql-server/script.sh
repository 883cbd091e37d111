#!/usr/bin/env bash
# Makes this machine the MySQL server: MariaDB on its data disk, the site's database, and the grants of its user.
#
# usage: script.sh DRAIN_SECONDS   how long a real server that is removed keeps its user
source ./lib.sh
# shellcheck source=leaving.sh
source ./leaving.sh
# shellcheck source=mysql-server/replicated.sh
source ./replicated.sh

# Tells a running MariaDB to read a renewed certificate. LOCAL keeps the statement out of the binary log: on a replica it would be a
# commit of its own.
lay_down_tls() {
  if lay_down ca.crt server.crt server.key && systemctl -q is-active mariadb.service; then mariadb -e "FLUSH LOCAL SSL"; fi
}

# All settings of my.cnf except the bind address and TLS take effect without a restart.
apply_settings() {
  if systemctl -q is-active mariadb.service; then mariadb <settings.sql; fi
}

# Restarts a MariaDB that was started before it had a certificate. From now on users must use TLS.
serve_tls() {
  if [[ "$(mariadb -BN -e 'SELECT @@have_ssl')" == YES ]]; then return; fi
  systemctl restart mariadb.service
  changed "TLS"
}

users() { mariadb-dump --system=users --compact | sort; }

# A data disk outlives its machine, so a newer MariaDB may find the tables of an older one. The file has another name since MariaDB 11.
upgrade_tables() {
  local version file=/var/lib/mysql/mariadb_upgrade_info
  version="$(mariadb -BN -e 'SELECT VERSION()')"
  [[ -e "$file" ]] || file=/var/lib/mysql/mysql_upgrade_info
  [[ "$version" == "$(cat "$file")"* ]] || {
    mariadb-upgrade >/dev/null
    changed "tables of MariaDB $version"
  }
}

# Gives the WordPress of a new data disk its name, address and first user. Done once only.
install_wordpress() {
  local hash installed
  installed="$(mariadb -BN -e "SELECT COUNT(*) FROM wpdb.wp_options WHERE option_name = 'lvs_installed'")"
  [[ "$installed" == 0 ]] || return 0
  hash="$(php -n ./hash-password.php <admin-password)"
  { printf "SET @password_hash = '%s';\n" "$hash" && cat site.sql; } | mariadb wpdb
  changed "WordPress installed"
}

# remove_users DRAIN_SECONDS HOSTS
remove_users() {
  local hosts
  mapfile -t hosts <<<"$2"
  serve_leaving 3306 "$1" "${hosts[@]}"
  mariadb <removed-users.sql
}

main() {
  local before after leaving
  refuse_lockout
  mount_data /var/lib/mysql mysql:mysql
  lay_down_tls
  if lay_down my.cnf; then apply_settings; fi
  lay_down_replication
  start_unit mariadb.service
  serve_tls
  upgrade_tables
  before="$(users)"
  leaving="$(mariadb -BN <users.sql)"
  if [[ -f mysql.conf ]]; then
    lay_down_role
    apply_role
  fi
  if is_primary; then install_wordpress; fi
  [[ -z "$leaving" ]] || remove_users "$1" "$leaving"
  after="$(users)"
  [[ "$after" == "$before" ]] || changed "users and grants"
  finish
}

main "$@"
