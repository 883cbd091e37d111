#!/usr/bin/env bash
# What a real server mounts: the lines of the job's fstab, and nothing else of what an earlier job mounted.

port_open() { (: <"/dev/tcp/$1/$2") 2>/dev/null; }

# What this machine needs comes up beside it: asking a port often is cheap, mount.nfs and PHP are not.
wait_for_nfs() {
  local line source type
  for line in "$@"; do
    read -r source _ type _ <<<"$line"
    [[ "$type" != nfs4 ]] || wait_for 300 port_open "${source%%:*}" 2049
  done
}

# A site that changes over is without its files while one mount takes the other's place, and not for as long as NFS takes to
# export and to mount them: that is done elsewhere before. By the point where each belongs.
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

# unwanted_mounts LINE...: those of /etc/fstab that are not among these, what is inside another first.
unwanted_mounts() {
  local line type options wanted
  wanted="$(printf '%s\n' "$@")"
  while read -r line; do
    read -r _ _ type options _ <<<"$line"
    [[ "$type" == nfs4 || "$options" == bind,* ]] || continue
    [[ $'\n'"$wanted"$'\n' == *$'\n'"$line"$'\n'* ]] || echo "$line"
  done < <(tac /etc/fstab)
}

# A mount from a server that is gone would wait for ever; one whose server is there lets go of what is open once that is closed.
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

# Not by fstab, which follows at the end: a run that was cut off then finds again what it was to change.
mount_line() {
  local source point type options
  read -r source point type options _ <<<"$1"
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
  # It keeps the mounts that it started with: its own namespace, and what its children have open.
  ((${#unwanted[@]} == 0)) || systemctl try-restart php8.2-fpm.service
}
