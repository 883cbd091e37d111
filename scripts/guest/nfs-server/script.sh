#!/usr/bin/env bash
# Makes this machine the NFS server: the data disk with the site's tree, what the tree wants of this site, and the exports.
#
# usage: script.sh DRAIN_SECONDS   for how long a real server that goes still has its export
source ./lib.sh
# shellcheck source=leaving.sh
source ./leaving.sh
# shellcheck source=backup/backup.sh
source ./backup.sh

export_files() {
  if install_file "$1" /etc/exports && systemctl -q is-active nfs-server.service; then exportfs -ra; fi
}

# Lines of /etc/exports that are no more stay beside the new ones for a while. The package's own are comments.
export_leaving() {
  local wanted line lines=() addresses=()
  wanted="$(<exports)"
  while read -r line; do
    [[ "$line" == /* && $'\n'"$wanted"$'\n' != *$'\n'"$line"$'\n'* ]] || continue
    lines+=("$line")
    line="${line#* }"
    addresses+=("${line%%(*}")
  done </etc/exports
  ((${#lines[@]} > 0)) && systemctl -q is-active nfs-server.service || return 0
  printf '%s\n' "$wanted" "${lines[@]}" >exports.leaving
  export_files exports.leaving
  serve_leaving 2049 "$1" "${addresses[@]}"
}

main() {
  mount_data /data root:root
  if [[ -f wp-config.php ]]; then install_file wp-config.php /data/wordpress/wp-config.php 640 root:www-data || true; fi
  if [[ -f index.html ]]; then install_file index.html /data/wwwroot/index.html || true; fi
  install_file nfs.conf /etc/nfs.conf.d/lvs.conf && systemctl -q is-active nfs-server.service && systemctl restart nfs-server.service
  [[ ! -e /etc/exports ]] || export_leaving "$1"
  export_files exports
  start_unit nfs-server.service
  lay_down_backup
  finish
}

main "$@"
