#!/usr/bin/env bash
# What the live table lacks. Where a manager keeps the table, it does not notice that somebody else changed it, so what its health checks
# found decides which real servers belong there. Part of lvs-director.

# shellcheck source=director/manager.sh
source "${BASH_SOURCE[0]%/*}/manager.sh"

# The last result of the health check of each entry of the wanted table: up, down, or unknown before a first check. Entries without a
# check have none.
declare -A checked=()
absent=()
altered=()
unwell=()

read_health() {
  local service server key state entry
  checked=()
  [[ "$MANAGER" != ipvsadm && -s "$conf/checks.conf" ]] || return 0
  while read -r service server key _; do
    state=unknown
    [[ ! -e "$health/$service/$server" ]] || read -r state _ <"$health/$service/$server" || true
    entries_of "$key" wanted_keys
    for entry in "${entries[@]}"; do checked[$entry]="$state"; done
  done <"$conf/checks.conf"
}

# Sets three lists of keys: `absent` from the live table; `altered`, which are there in another form; and `unwell`, real servers that get
# clients although their check failed.
find_drift() {
  local key now
  absent=() altered=() unwell=()
  read_health
  for key in "${wanted_keys[@]}"; do
    now="${live[$key]:-}"
    case "${checked[$key]:-up}" in
      up)
        if [[ -z "$now" ]]; then
          absent+=("$key")
        elif [[ "$now" != "${wanted[$key]}" ]]; then
          altered+=("$key")
        fi
        ;;
      down) [[ -z "$now" || "$now" == *" -w 0"?( *) ]] || unwell+=("$key") ;;
    esac
  done
}

report_drift() {
  local key
  find_drift
  for key in "${absent[@]}"; do missing "$key is not in the table"; done
  for key in "${altered[@]}"; do missing "$key is in the table as ${live[$key]}, not as ${wanted[$key]}"; done
  for key in "${unwell[@]}"; do missing "$key gets clients, although its check failed"; done
}

# The manager may do the same at the same moment, so what fails is left to the next look.
restore_table() {
  local key
  read_live
  read_wanted
  find_drift
  for key in "${absent[@]}"; do run_ipvsadm "${wanted[$key]}" || true; done
  for key in "${unwell[@]}"; do run_ipvsadm "-d $key" || true; done
  edit_keys "${altered[@]}" || true
  ((${#absent[@]} == 0)) || read_live
  for key in "${absent[@]}"; do
    [[ "$key" == *" -r "* ]] || has_entries "$key" || {
      # No real server is well, and only the manager knows the sorry server.
      restart_manager
      return
    }
  done
}

has_entries() { [[ " ${live_keys[*]} " == *" $1 -r "* ]]; }

# A manager that starts has time for its first checks.
forget_checks() { rm -rf "$beats"; }
