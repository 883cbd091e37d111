#!/usr/bin/env bash
# Makes this machine the NFS server: the data disk with the site's tree, the site's files in it, and the exports.
#
# usage: script.sh DRAIN_SECONDS   how long a real server that is removed keeps its export
source ./lib.sh
# shellcheck source=leaving.sh
source ./leaving.sh
# shellcheck source=sync/push.sh
source ./push.sh
# shellcheck source=backup/backup.sh
source ./backup.sh

export_files() {
  if install_file "$1" "${path_of[exports]}" && systemctl -q is-active nfs-server.service; then exportfs -ra; fi
}

# Bind mounts: folders of the data disk that are exported at another path.
mount_exported() {
  local line point
  while read -r line; do
    read -r _ point _ <<<"$line"
    set_fstab "$line" || true
    mountpoint -q "$point" || mount "$point"
  done <fstab
}

unmount_others() {
  local line point options
  while read -r line; do
    read -r _ point _ options _ <<<"$line"
    [[ "$options" == bind,* ]] || continue
    if grep -qxF "$line" fstab; then continue; fi
    # The kernel's NFS server closes files a little later.
    umount -l "$point"
    sed -i "\\| $point |d" /etc/fstab
    changed "$point unmounted"
  done <<<"$(</etc/fstab)"
}

# Lines of /etc/exports that the job no longer has stay for DRAIN_SECONDS. The package's own lines are comments.
export_leaving() {
  local wanted line lines=() addresses=()
  wanted="$(<exports)"
  while read -r line; do
    if [[ "$line" != /* ]] || has_line "$wanted" "$line"; then continue; fi
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
  refuse_lockout
  mount_data /data root:root
  [[ -f fstab ]] || : >fstab
  mount_exported
  lay_down wp-config.php || true
  [[ ! -e index.html ]] || lay_down_first_page
  if lay_down nfs.conf && systemctl -q is-active nfs-server.service; then systemctl restart nfs-server.service; fi
  # This comes before every wait: a real server that gets its code by push is not ready without it.
  push_files
  [[ ! -e /etc/exports ]] || export_leaving "$1"
  export_files exports
  unmount_others
  start_unit nfs-server.service
  lay_down_backup
  finish
}

main "$@"
