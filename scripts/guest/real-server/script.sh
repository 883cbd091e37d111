#!/usr/bin/env bash
# Makes this machine a real server: the VIPs held quietly, and what serves the site, as much of it as there are files for.
#
# usage: script.sh [URL HOST]   WordPress: where and as whom it answers on this machine
source ./lib.sh
# shellcheck source=real-server/units.sh
source ./units.sh

# FILE UNIT DEST MODE: a real server has those of its content, and of its services.
lay_down_all() {
  lay_down <<'TABLE'
sysctl.conf - /etc/sysctl.d/60-lvs.conf 644
lvs-common.sh - /usr/local/lib/lvs/lvs-common.sh 644
lvs-real-server - /usr/local/sbin/lvs-real-server 755
real-server.conf - /etc/lvs/real-server.conf 644
real-server.nft - /etc/lvs/real-server.nft 644
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
shop.php - /usr/local/share/lvs/shop.php 644
database.php - /usr/local/share/lvs/database.php 644
my.cnf mariadb.service /etc/mysql/mariadb.conf.d/60-lvs.cnf 644
vsftpd.conf vsftpd.service /etc/vsftpd.conf 644
real-server.txt - /usr/local/share/lvs/ftp/real-server.txt 644
lvs-echo - /usr/local/sbin/lvs-echo 755
TABLE
}

# A unit that was just started has done this.
hold_vips() {
  local vips
  [[ " ${started[*]} " != *" lvs-real-server.service "* ]] || return 0
  vips="$(lvs-real-server start)"
  [[ "$vips" == unchanged ]] || changed VIPs
}

# No tree that is elsewhere now, or not wanted any more: a hard mount of an address that is gone would wait for ever.
unmount_others() {
  local line point type
  while read -r line; do
    read -r _ point type _ <<<"$line"
    [[ "$type" == nfs4 && "$line" != "$1" ]] || continue
    umount -f -l "$point" 2>/dev/null || true
    sed -i "\\| $point |d" /etc/fstab
    systemctl try-restart php8.2-fpm.service
    changed "$point unmounted"
  done <<<"$(</etc/fstab)"
}

# What this machine needs comes up beside it: asking a port often is cheap, mount.nfs and PHP are not.
mount_tree() {
  local source point
  read -r source point _ <<<"$1"
  wait_for 300 port_open "${source%%:*}" 2049
  set_fstab "$1" || true
  mountpoint -q "$point" || wait_for 60 mount "$point"
}

port_open() { (: <"/dev/tcp/$1/$2") 2>/dev/null; }

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
  local line="" instance
  add_unit lvs-real-server.service
  lay_down_all
  [[ -f tls.key ]] || rm -f /etc/nginx/tls.key /etc/nginx/tls.crt
  if [[ -f echo.conf ]]; then
    while read -r instance; do add_unit "lvs-echo@$instance.service"; done <echo.conf
  fi
  run_units
  hold_vips
  [[ ! -f fstab ]] || line="$(<fstab)"
  unmount_others "$line"
  [[ -z "$line" ]] || mount_tree "$line"
  [[ ! -f shop.sql ]] || fill_shop
  (($# == 0)) || wait_for_wordpress "$@"
  finish
}

main "$@"
