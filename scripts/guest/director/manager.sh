#!/usr/bin/env bash
# keepalived or ldirectord as manager of the table: its configuration, and which real servers it counts as healthy. Part of
# lvs-director, which never starts the manager, because it runs before it at boot.

# shellcheck source=director/drained.sh
source "${BASH_SOURCE[0]%/*}/drained.sh"

health="$run/health"
# What VRRP tracks: see templates/keepalived.ts.
handover_file="$run/handover"

manager_files() {
  case "$MANAGER" in
    keepalived) source_file="$conf/keepalived.conf" final_file="${LVS_ROOT:-}/etc/keepalived/keepalived.conf" ;;
    ldirectord) source_file="$conf/ldirectord.cf" final_file="${LVS_ROOT:-}/etc/ha.d/ldirectord.cf" ;;
  esac
}

# keepalived 2.3 refuses a configuration that tracks a file that is not there.
make_handover_file() { [[ -e "$handover_file" ]] || { mkdir -p "$run" && echo 0 >"$handover_file"; }; }

is_running() { systemctl -q is-active "$MANAGER.service"; }

# By a signal: as a systemd job, the reload would wait for lvs-director.service, which waits for the reload.
reload_manager() { systemctl kill -s HUP --kill-who=main "$MANAGER.service"; }

# judge FILE: lets the daemon itself check its configuration. ldirectord has no test mode, but `status` reads the file first.
judge() {
  local words code=0
  if [[ "$MANAGER" == keepalived ]]; then
    make_handover_file
    words="$(keepalived -t -f "$1" 2>&1)" || code=$?
  else
    words="$(ldirectord "$1" status 2>&1)" || code=$?
    ((code != 3)) || code=0
  fi
  ((code == 0)) || {
    say "$MANAGER refuses its configuration: $words"
    exit 1
  }
}

# Installs the configuration if it differs; true when it did. A configuration that the daemon refuses is never installed.
install_configuration() {
  local text
  manager_files
  text="$(fill_weights <"$source_file")"
  if [[ -e "$final_file" && "$text" == "$(<"$final_file")" ]]; then return 1; fi
  [[ -d "${final_file%/*}" ]] || mkdir -p "${final_file%/*}"
  printf '%s\n' "$text" >"$final_file.new"
  judge "$final_file.new"
  mv "$final_file.new" "$final_file"
  changed=yes
}

# It starts after this unit, so do not wait for it.
restart_manager() {
  forget_checks
  systemctl restart --no-block "$MANAGER.service"
  changed=yes
}

# For one that hangs: systemd starts it again. Meanwhile it answers no other signal, and leaves the table as it is.
kill_manager() {
  forget_checks
  systemctl kill -s KILL "$MANAGER.service"
  changed=yes
}

# A running manager follows its configuration. One that does not run will take over the live table, so that is corrected here.
follow_configuration() {
  forget_sorry
  if is_running && are_checks_overdue; then
    install_configuration || true
    kill_manager
  elif is_running; then
    drain_gone
    if install_configuration; then
      reload_manager
      wait_for_services
    else
      restore_table
    fi
    keep_weights
    edit_changed
  else
    install_configuration || true
    keep_weights
    edit_changed
    remove_gone
  fi
}

# Only weights changed. A drained real server gets weight 0 at once, before the manager reads its configuration.
follow_weights() {
  if install_configuration && is_running; then reload_manager; fi
  keep_weights
  edit_changed
}

# keepalived does not change thresholds, so they are edited here. A weight of 0 that keepalived or a check has set stays.
keep_weights() {
  local key
  read_live
  forget_sorry
  for key in "${live_keys[@]}"; do
    [[ "${live[$key]}" == *" -w 0"* && "${wanted[$key]:-}" =~ ^(.*\ -w\ )[0-9]+(.*)$ ]] || continue
    wanted[$key]="${BASH_REMATCH[1]}0${BASH_REMATCH[2]}"
  done
}

# The services must exist before VIPs and marks bring clients.
wait_for_services() {
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    if has_services; then return; fi
    sleep 0.2
  done
  say "$MANAGER did not follow its new configuration within 10 s: service $REPLY is not there"
  exit 1
}

# Whether all services are in the table. Sets REPLY to the first one that is missing.
has_services() {
  local key saved
  saved=$'\n'"$(ipvsadm -Sn)"
  for key in "${wanted_keys[@]}"; do
    REPLY="$key"
    [[ "$key" == *" -r "* || "$saved" == *$'\n'"-A $key "* ]] || return 1
  done
}

# forget_sorry: takes sorry servers out of live_keys. Only the manager's configuration has them, and only the manager removes them.
forget_sorry() {
  local key line rip rips=" " kept=() pattern='^ *(sorry_server |fallback6?=)\[?([^] ]+)(\]?:[0-9]+)?'
  manager_files
  [[ -e "$final_file" ]] || return 0
  while read -r line; do
    [[ "$line" =~ $pattern ]] || continue
    rip="${BASH_REMATCH[2]}"
    [[ "$line" != fallback=* ]] || rip="${rip%:*}"
    rips+="$rip [$rip] "
  done <"$final_file"
  for key in "${live_keys[@]}"; do
    rip="${key#* -r }"
    [[ "$key" == *" -r "* && "$rips" == *" ${rip%:*} "* && -z "${wanted[$key]:-}" ]] || kept+=("$key")
  done
  live_keys=("${kept[@]}")
}

# When a manager starts, the real servers in the live table count as healthy until they fail as many checks as any other. All others are
# removed, and must pass a check first. Else a real server that died meanwhile would stay in a table that its manager thinks is empty.
adopt() {
  local service server key entry one now
  [[ "$MANAGER" != ipvsadm && -s "$conf/checks.conf" ]] || return 0
  forget_checks
  read_live
  read_drained
  printf -v now '%(%s)T' -1
  while read -r service server key _; do
    one=""
    entries_of "$key"
    for entry in "${entries[@]}"; do
      if [[ "${live[$entry]}" != *" -w 0"* ]] || is_drained "$server"; then
        one="$entry"
      else
        run_ipvsadm "-d $entry"
      fi
    done
    if [[ -n "$one" ]]; then
      mkdir -p "$health/$service"
      printf 'up 0 seeded %s \n' "$now" >"$health/$service/$server"
    else
      rm -f "$health/$service/$server"
    fi
  done <"$conf/checks.conf"
}
