#!/usr/bin/env bash
# The units that a real server runs: what its files ask for, and nothing else of what it may have run before; first of all the one
# that holds its VIPs.

units=()
# Those among them whose files changed.
changed_units=()
# And those that this run started.
started=()
wants=/etc/systemd/system/multi-user.target.wants

# add_unit UNIT: running now and at every boot. The link is what `systemctl enable` makes, in seconds.
add_unit() {
  local unit="$1" file="${1/@*./@.}" folder=/lib/systemd/system
  [[ " ${units[*]} " != *" $unit "* ]] || return 0
  units+=("$unit")
  [[ ! -L "$wants/$unit" ]] || return 0
  [[ ! -e "/etc/systemd/system/$file" ]] || folder=/etc/systemd/system
  ln -s "$folder/$file" "$wants/$unit"
  changed "$unit enabled"
}

# lay_down: lines of FILE UNIT DEST MODE on standard input; UNIT reads the file as it starts, `-` stands for none.
lay_down() {
  local file unit dest mode
  while read -r file unit dest mode; do
    [[ -f "$file" ]] || continue
    [[ "$unit" == - ]] || add_unit "$unit"
    if install_file "$file" "$dest" "$mode"; then changed_units+=("$unit"); fi
  done
}

lay_down_vips() {
  add_unit lvs-real-server.service
  lay_down <<'TABLE'
sysctl.conf - /etc/sysctl.d/60-lvs.conf 644
lvs-common.sh - /usr/local/lib/lvs/lvs-common.sh 644
lvs-real-server - /usr/local/sbin/lvs-real-server 755
real-server.conf - /etc/lvs/real-server.conf 644
real-server.nft - /etc/lvs/real-server.nft 644
TABLE
}

# After run_units: a unit that was just started has done this.
hold_vips() {
  local vips
  [[ " ${started[*]} " != *" lvs-real-server.service "* ]] || return 0
  vips="$(lvs-real-server start)"
  [[ "$vips" == unchanged ]] || changed VIPs
}

stop_others() {
  local link gone=()
  for link in "$wants"/{nginx,nginx-tree,php8.2-fpm,mariadb,vsftpd,lvs-echo@*}.service "$wants"/lvs-cron.timer; do
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
  # A timer's settings are its unit's.
  [[ " ${stale[*]} " != *.timer* ]] || systemctl daemon-reload
  if ((${#stale[@]} > 0)); then systemctl reload-or-restart "${stale[@]}"; fi
  if ((${#started[@]} > 0)); then
    systemctl start "${started[@]}"
    changed "${started[*]} started"
  fi
}
