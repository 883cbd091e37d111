#!/usr/bin/env bash
# Sourced by the job of the machine with the master copy of web files: lsyncd pushes it to the real servers.

# What a push ends with: a real server that has it has had all of them.
mark_master() {
  local mark
  mark="$(<master)/.pushed"
  [[ -e "$mark" ]] || { mkdir -p "${mark%/*}" && touch "$mark" && changed "$mark"; }
}

stop_pushing() {
  local link=/etc/systemd/system/multi-user.target.wants/lsyncd.service
  [[ -L "$link" ]] || return 0
  rm "$link"
  systemctl stop lsyncd.service
  changed "lsyncd.service stopped"
}

# lsyncd compares everything as it starts, so that what is new to it gets all there is.
push_files() {
  if [[ ! -f lsyncd.conf.lua ]]; then
    stop_pushing
    return
  fi
  mark_master
  if lay_down lsyncd.conf.lua ssh_config known_hosts real-servers key && systemctl -q is-active lsyncd.service; then
    systemctl restart lsyncd.service
  fi
  start_unit lsyncd.service
}
