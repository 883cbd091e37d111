#!/usr/bin/env bash
# The mounts of a real server: the lines of the job's fstab, and nothing that only an earlier job mounted.

port_open() { (: <"/dev/tcp/$1/$2") 2>/dev/null; }

# NFS server and database come up at the same time as this machine. To ask a port often is cheap; mount.nfs and PHP are not.
wait_for_nfs() {
  local line source type
  for line in "$@"; do
    read -r source _ type _ <<<"$line"
    [[ "$type" != nfs4 ]] || wait_for 300 port_open "${source%%:*}" 2049
  done
}

# When a site changes over to other mounts, the new ones are mounted at a staging folder first. So the site lacks its files only while
# one mount replaces the other, and not while NFS exports and mounts. The key is the mount point.
declare -A staged=()

stage_mounts() {
  local line source point type options
  for line in "$@"; do
    read -r source point type options _ <<<"$line"
    [[ "$type" == nfs4 ]] || continue
    staged["$point"]="/run/lvs/staged$point"
    mkdir -p "${staged[$point]}"
    mountpoint -q "${staged[$point]}" || wait_for 120 mount -t nfs4 -o "$options" "$source" "${staged[$point]}"
  done
}

# unwanted_mounts LINE...: the mounts of /etc/fstab that are not among these lines, inner ones first.
unwanted_mounts() {
  local line type options wanted
  wanted="$(printf '%s\n' "$@")"
  while read -r line; do
    read -r _ _ type options _ <<<"$line"
    [[ "$type" == nfs4 || "$options" == bind,* ]] || continue
    has_line "$wanted" "$line" || echo "$line"
  done < <(tac /etc/fstab)
}

# Unmounting from a server that is gone would wait for ever, so that is forced. Else the mount ends when its open files are closed.
let_go() {
  local line source point type
  for line in "$@"; do
    read -r source point type _ <<<"$line"
    if [[ "$type" == nfs4 ]] && ! port_open "${source%%:*}" 2049; then
      umount -f -l "$point" 2>/dev/null || true
    else
      umount -l "$point" 2>/dev/null || true
    fi
    changed "$point unmounted"
  done
}

# /etc/fstab is written at the end, so that a run after an interrupted one still finds what to change.
# A read-only bind mount is made read-only at the staging folder: made so in place, it would stay writable in the mount namespaces that
# have it already.
mount_line() {
  local source point type options
  read -r source point type options _ <<<"$1"
  if [[ "$options" == bind,ro* ]] && ! mountpoint -q "$point"; then
    staged["$point"]="/run/lvs/staged$point"
    mkdir -p "${staged[$point]}" "$point"
    mount -o "$options" "$source" "${staged[$point]}"
  fi
  if [[ -v "staged[$point]" ]]; then
    mountpoint -q "$point" || mount --bind "${staged[$point]}" "$point"
    umount "${staged[$point]}"
    return
  fi
  [[ -d "$point" ]] || mkdir -p "$point"
  mountpoint -q "$point" || wait_for 60 mount -t "$type" -o "$options" "$source" "$point"
}

write_fstab() {
  local line
  grep -vxF -f <(printf '%s\n' "${unwanted[@]}") /etc/fstab >fstab.new || true
  for line in "${wanted[@]}"; do grep -qxF "$line" fstab.new || printf '%s\n' "$line" >>fstab.new; done
  install_file fstab.new /etc/fstab || true
}

change_mounts() {
  local wanted=() unwanted=() line
  [[ ! -f fstab ]] || mapfile -t wanted <fstab
  mapfile -t unwanted < <(unwanted_mounts "${wanted[@]}")
  wait_for_nfs "${wanted[@]}"
  ((${#unwanted[@]} == 0)) || stage_mounts "${wanted[@]}"
  let_go "${unwanted[@]}"
  for line in "${wanted[@]}"; do mount_line "$line"; done
  write_fstab
  # php-fpm keeps the mounts that it started with, in its own namespace and through open files.
  ((${#unwanted[@]} == 0)) || systemctl try-restart php-fpm.service
}
