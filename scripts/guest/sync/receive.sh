#!/usr/bin/env bash
# Sourced by a real server's job: who owns the web files on its own disk. Root, or the user as whom the source pushes them.

# own_files OWNER FOLDER: gives the files to OWNER, except the machine's own: wp-config.php and the mount of uploads.
own_files() {
  local paths GLOBIGNORE="$2/wp-config.php:$2/wp-content:$2/wp-content/uploads"
  [[ "${LVS_UNFINISHED:-no}" == yes || "$(stat -c %U "$2")" != "$1" ]] || return 0
  shopt -s nullglob
  # Nothing here touches the mount, because its server may be removing it.
  paths=("$2"/* "$2"/wp-content/*)
  shopt -u nullglob
  ((${#paths[@]} == 0)) || chown -hR "$1:$1" "${paths[@]}"
  [[ ! -d "$2/wp-content" ]] || chown "$1:$1" "$2/wp-content"
  chown "$1:$1" "$2"
  changed "$2 is $1's"
}

receive_files() {
  if [[ -f rsyncd.conf ]]; then
    mkdir -p "$(<web-folder)"
    own_files deploy "$(<web-folder)"
    lay_down rsyncd.conf deploy.keys || true
    # The source has to connect before it can push, and this job waits for its files.
    lay_down_firewall
  elif is_installed rsyncd.conf; then
    take_away deploy.keys
    own_files root "$(<web-folder)"
    take_away rsyncd.conf
  fi
}
