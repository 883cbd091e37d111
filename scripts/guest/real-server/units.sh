#!/usr/bin/env bash
# The units of a real server: those that its files need, and no other that it ran before. The first one holds its VIPs.
# shellcheck disable=SC2154 # the manifest's lists, of lib.sh

units=()
# Those that this run started.
started=()

# add_unit UNIT: it will run now and after every boot.
add_unit() {
  [[ " ${units[*]} " != *" $1 "* ]] || return 0
  units+=("$1")
  enable_unit "$1"
}

# lay_down_all_but [FILE...]: installs all files but these and those that `finish` installs, and adds the units that read them.
lay_down_all_but() {
  local file files=()
  add_unit lvs-real-server.service
  for file in "${listed[@]}"; do
    [[ -e "$file" && " firewall.nft resolv.conf sources.list $* " != *" $file "* ]] || continue
    files+=("$file")
    [[ "${unit_of[$file]}" == - ]] || add_unit "${unit_of[$file]}"
  done
  lay_down "${files[@]}" || true
}

# Call it after run_units. A unit that was just started holds its VIPs already.
hold_vips() {
  local vips
  [[ " ${started[*]} " != *" lvs-real-server.service "* ]] || return 0
  vips="$(lvs-real-server start)"
  [[ "$vips" == unchanged ]] || changed VIPs
}

# Images made before Debian 13 came have PHP under its version alone; image/prepare gives the others these names.
name_php() {
  local php
  [[ ! -e /etc/php/current ]] || return 0
  php="$(basename /etc/php/*)"
  ln -sf "/lib/systemd/system/php$php-fpm.service" /etc/systemd/system/php-fpm.service
  rm -f "$wants/php$php-fpm.service"
  ln -s "$php" /etc/php/current
  systemctl daemon-reload
}

stop_others() {
  local link gone=()
  for link in "$wants"/{nginx,nginx-tree,php-fpm,mariadb,vsftpd,lvs-echo@*}.service "$wants"/lvs-cron.timer; do
    [[ -L "$link" && " ${units[*]} " != *" ${link##*/} "* ]] || continue
    rm "$link"
    gone+=("${link##*/}")
  done
  if ((${#gone[@]} > 0)); then
    systemctl stop "${gone[@]}"
    changed "${gone[*]} stopped"
  fi
}

# One systemctl for all units: it is slow on an emulated CPU.
run_units() {
  local index states stale=()
  stop_others
  mapfile -t states < <(systemctl is-active "${units[@]}")
  for index in "${!units[@]}"; do
    if [[ "${states[index]}" != active ]]; then
      started+=("${units[index]}")
    elif [[ " ${changed_units[*]} " == *" ${units[index]} "* ]]; then
      stale+=("${units[index]}")
    fi
  done
  # systemd reads the changed settings of a timer only now.
  [[ " ${stale[*]} " != *.timer* ]] || systemctl daemon-reload
  if ((${#stale[@]} > 0)); then systemctl reload-or-restart "${stale[@]}"; fi
  if ((${#started[@]} > 0)); then
    systemctl start "${started[@]}"
    changed "${started[*]} started"
  fi
}
