#!/usr/bin/env bash
# Makes this machine a real server: the VIPs held quietly, nginx, php-fpm, and the WordPress tree from NFS.
source ./lib.sh

lay_down_lvs() {
  local vips
  install_file sysctl.conf /etc/sysctl.d/60-lvs.conf && sysctl -q -p /etc/sysctl.d/60-lvs.conf
  install_file lvs-real-server /usr/local/sbin/lvs-real-server 755 || true
  install_file real-server.conf /etc/lvs/real-server.conf || true
  start_unit lvs-real-server.service
  vips="$(lvs-real-server start)"
  [[ "$vips" == unchanged ]] || changed "VIPs on lo"
}

# systemctl is slow on an emulated CPU: everything that needs it is started in one call.
lay_down_web() {
  local reload=()
  mkdir -p /wordpress /usr/local/share/lvs
  install_file readyz.php /usr/local/share/lvs/readyz.php || true
  install_file nginx.conf /etc/nginx/nginx.conf && reload+=(nginx)
  install_file pool.conf /etc/php/8.2/fpm/pool.d/www.conf && reload+=(php)
  install_file php.ini /etc/php/8.2/fpm/conf.d/60-lvs.ini && reload+=(php)
  if systemctl -q is-active nginx.service && [[ "${reload[*]}" == *nginx* ]]; then systemctl reload nginx.service; fi
  if systemctl -q is-active php8.2-fpm.service && [[ "${reload[*]}" == *php* ]]; then systemctl reload php8.2-fpm.service; fi
  start_unit nginx.service
}

# What this machine needs comes up beside it: asking a port often is cheap, mount.nfs and PHP are not.
lay_down_php() {
  wait_for 300 port_open "$1" 2049
  if set_fstab "$(<fstab)" && mountpoint -q /wordpress; then
    # The tree is elsewhere now; a hard mount of an address that is gone would wait for ever.
    systemctl stop php8.2-fpm.service
    umount -f -l /wordpress
  fi
  mountpoint -q /wordpress || wait_for 60 mount /wordpress
  start_unit php8.2-fpm.service
}

port_open() { (: <"/dev/tcp/$1/$2") 2>/dev/null; }

is_ready() { curl -fsS -o /dev/null --max-time 60 -H "Host: $1" "http://$1/readyz" 2>/dev/null; }

main() {
  local vip="$1" nfs="$2" mysql="$3"
  lay_down_lvs
  lay_down_web
  lay_down_php "$nfs"
  wait_for 180 port_open "$mysql" 3306
  wait_for 180 is_ready "$vip"
  # The first page fills the opcode cache; the first visitor should not wait for that.
  curl -fsS -o /dev/null --max-time 120 -H "Host: $vip" "http://$vip/" || say "the front page does not answer yet"
  finish
}

main "$@"
