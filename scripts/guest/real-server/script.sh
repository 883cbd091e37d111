#!/usr/bin/env bash
# Makes this machine a real server: it holds the VIPs without announcing them, and runs the services for which the job has files.
#
# usage: script.sh [URL HOST]   for WordPress: its URL on this machine, and the Host header
source ./lib.sh
# shellcheck source=real-server/units.sh
source ./units.sh
# shellcheck source=real-server/mounts.sh
source ./mounts.sh
# shellcheck source=sync/receive.sh
source ./receive.sh

# Removes caches that are switched off. The file cache-folders has the others, one a line.
remove_caches() {
  local folder
  for folder in /var/cache/nginx-{pages,files}; do
    [[ -d "$folder" ]] || continue
    if grep -qsxF "$folder" cache-folders; then continue; fi
    rm -rf "$folder"
    changed "$folder removed"
  done
}

is_ready() { curl -kfsS -o /dev/null --max-time 60 -H "Host: $2" "$1/readyz" 2>/dev/null; }

wait_for_wordpress() {
  local url="$1" host="$2"
  wait_for 180 port_open "$(<database-address)" 3306
  wait_for 180 is_ready "$url" "$host"
  # The first page fills OPcache, so that no visitor waits for that.
  curl -kfsS -o /dev/null --max-time 120 -H "Host: $host" "$url/" || say "the front page does not answer yet"
}

main() {
  local instance
  refuse_lockout
  name_php
  # These files are installed below, in their order.
  lay_down_all_but wp-config.php rsyncd.conf deploy.keys shop.sql
  if [[ -f echo.conf ]]; then
    while read -r instance; do add_unit "lvs-echo@$instance.service"; done <echo.conf
  fi
  run_units
  remove_caches
  hold_vips
  receive_files
  lay_down wp-config.php || true
  change_mounts
  if lay_down shop.sql; then mariadb <shop.sql; fi
  (($# == 0)) || wait_for_wordpress "$@"
  finish
}

main "$@"
