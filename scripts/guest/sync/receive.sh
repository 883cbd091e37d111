#!/usr/bin/env bash
# Sourced by a real server's job: web files on its own disk, and who may write them. That is root, or the source by its key.

# own_files OWNER FOLDER: but for what the machine has of its own there, secrets that PHP reads meanwhile and a mount.
own_files() {
  local paths GLOBIGNORE="$2/wp-config.php:$2/wp-content:$2/wp-content/uploads"
  [[ "${LVS_UNFINISHED:-no}" == yes || "$(stat -c %U "$2")" != "$1" ]] || return 0
  shopt -s nullglob
  # The mount is not so much as looked at: its server may be about to take it away.
  paths=("$2"/* "$2"/wp-content/*)
  shopt -u nullglob
  ((${#paths[@]} == 0)) || chown -hR "$1:$1" "${paths[@]}"
  [[ ! -d "$2/wp-content" ]] || chown "$1:$1" "$2/wp-content"
  chown "$1:$1" "$2"
  changed "$2 is $1's"
}

receive_files() {
  local folder
  if [[ -f rsyncd.conf ]]; then
    folder="$(awk '$1 == "path" { print $3 }' rsyncd.conf)"
    mkdir -p "$folder"
    own_files deploy "$folder"
    install_file rsyncd.conf /etc/lvs/rsyncd.conf || true
    install_file deploy.keys /etc/lvs/deploy.keys || true
    # Whoever pushes has to come in, for it is waited for.
    lay_down_firewall
  elif [[ -f /etc/lvs/rsyncd.conf ]]; then
    rm -f /etc/lvs/deploy.keys
    own_files root "$(awk '$1 == "path" { print $3 }' /etc/lvs/rsyncd.conf)"
    rm /etc/lvs/rsyncd.conf
    changed "web files are pushed no more"
  fi
}
