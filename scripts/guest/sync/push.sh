#!/usr/bin/env bash
# Sourced by the job of the machine with the master copy of the web files. lsyncd pushes them to the real servers.

# The marker file is pushed last: a real server that has it has all files.
mark_master() {
  local mark
  mark="$(<master)/.pushed"
  [[ -e "$mark" ]] || { mkdir -p "${mark%/*}" && touch "$mark" && changed "$mark"; }
}

push_files() {
  if [[ ! -f lsyncd.conf.lua ]]; then
    stop_unit lsyncd.service
    return
  fi
  mark_master
  lay_down lvs-push || true
  if lay_down lsyncd.conf.lua ssh_config known_hosts key && systemctl -q is-active lsyncd.service; then
    systemctl restart lsyncd.service
  fi
  start_unit lsyncd.service
}
