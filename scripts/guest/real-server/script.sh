#!/usr/bin/env bash
# Makes this machine a real server: the VIPs held quietly, and what serves the site, as much of it as there are files for.
#
# usage: script.sh [URL HOST]   WordPress: where and as whom it answers on this machine
source ./lib.sh
# shellcheck source=real-server/units.sh
source ./units.sh
# shellcheck source=real-server/mounts.sh
source ./mounts.sh
# shellcheck source=sync/receive.sh
source ./receive.sh

# FILE UNIT DEST MODE: a real server has those of its content, and of its services.
lay_down_all() {
  lay_down <<'TABLE'
tls.crt nginx.service /etc/nginx/tls.crt 644
tls.key nginx.service /etc/nginx/tls.key 600
nginx.conf nginx.service /etc/nginx/nginx.conf 644
index.html - /usr/local/share/lvs/www/index.html 644
pool.conf php8.2-fpm.service /etc/php/8.2/fpm/pool.d/www.conf 644
php.ini php8.2-fpm.service /etc/php/8.2/fpm/conf.d/60-lvs.ini 644
readyz.php - /usr/local/share/lvs/readyz.php 644
wordpress-database.php php8.2-fpm.service /usr/local/share/lvs/wordpress-database.php 644
database-ca.crt php8.2-fpm.service /etc/lvs/database-ca.crt 644
database.ini php8.2-fpm.service /etc/php/8.2/fpm/conf.d/61-lvs-database.ini 644
database.ini - /etc/php/8.2/cli/conf.d/61-lvs-database.ini 644
php-status.php - /usr/local/share/lvs/php-status.php 644
tree.conf nginx-tree.service /etc/nginx/tree.conf 644
wp-settings.php - /usr/local/share/lvs/cron/wp-settings.php 644
run-cron.php - /usr/local/share/lvs/cron/run-cron.php 644
lvs-cron - /usr/local/sbin/lvs-cron 755
cron.conf - /etc/lvs/cron.conf 644
cron-timer.conf lvs-cron.timer /etc/systemd/system/lvs-cron.timer.d/interval.conf 644
shop.php - /usr/local/share/lvs/shop.php 644
database.php - /usr/local/share/lvs/database.php 644
my.cnf mariadb.service /etc/mysql/mariadb.conf.d/60-lvs.cnf 644
vsftpd.conf vsftpd.service /etc/vsftpd.conf 644
real-server.txt - /usr/local/share/lvs/ftp/real-server.txt 644
lvs-echo - /usr/local/sbin/lvs-echo 755
TABLE
}

# Pages of a cache that was switched off.
forget_pages() {
  local folder
  for folder in /var/cache/nginx-{pages,files}; do
    [[ -d "$folder" && "$(cat nginx.conf 2>/dev/null)" != *"$folder"* ]] || continue
    rm -rf "$folder"
    changed "$folder removed"
  done
}

fill_shop() {
  if install_file shop.sql /usr/local/share/lvs/shop.sql; then mariadb <shop.sql; fi
}

is_ready() { curl -kfsS -o /dev/null --max-time 60 -H "Host: $2" "$1/readyz" 2>/dev/null; }

wait_for_wordpress() {
  local url="$1" host="$2" mysql
  mysql="$(sed -n "s/^define('DB_HOST', '\(.*\)');$/\1/p" wordpress-database.php)"
  wait_for 180 port_open "$mysql" 3306
  wait_for 180 is_ready "$url" "$host"
  # The first page fills the opcode cache; the first visitor should not wait for that.
  curl -kfsS -o /dev/null --max-time 120 -H "Host: $host" "$url/" || say "the front page does not answer yet"
}

main() {
  local instance config=/srv/wordpress/wp-config.php
  refuse_lockout
  lay_down_vips
  lay_down_all
  [[ -f tls.key ]] || rm -f /etc/nginx/tls.key /etc/nginx/tls.crt
  if [[ -f echo.conf ]]; then
    while read -r instance; do add_unit "lvs-echo@$instance.service"; done <echo.conf
  fi
  run_units
  forget_pages
  hold_vips
  receive_files
  if [[ -f wp-config.php ]]; then install_file wp-config.php "$config" 640 root:www-data || true; fi
  change_mounts
  [[ -f wp-config.php || ! -f "$config" ]] || { rm "$config" && changed "$config removed"; }
  [[ ! -f shop.sql ]] || fill_shop
  (($# == 0)) || wait_for_wordpress "$@"
  finish
}

main "$@"
