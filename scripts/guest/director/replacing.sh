#!/usr/bin/env bash
# What a director does around the replacement of a machine: a real server gets no clients from shortly before it goes until it is ready
# again, and a director of a pair hands the VIPs over before it goes. Part of lvs-director.

# shellcheck source=director/pair.sh
source "${BASH_SOURCE[0]%/*}/pair.sh"
# shellcheck source=director/ready.sh
source "${BASH_SOURCE[0]%/*}/ready.sh"

# A real server boots and is set up within this time, and has passed its checks.
rejoin_seconds="${LVS_REJOIN_SECONDS:-300}"

# wait_up SECONDS COMMAND...: whether the command succeeds within that time.
wait_up() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}

# keys_of NAME: sets `keys` to the entries of a real server in the wanted table, and `endpoints` to its RIP:PORT, each once.
keys_of() {
  local name="$1" line
  keys=() endpoints=()
  while IFS= read -r line; do
    [[ "$line" =~ $weight_pattern && "${BASH_REMATCH[2]}" == "$name" ]] || continue
    key_of "$line"
    keys+=("$REPLY")
    line="${REPLY##* }"
    [[ " ${endpoints[*]} " == *" $line "* ]] || endpoints+=("$line")
  done <"$conf/ipvs.rules"
}

# serves NAME: whether the live table sends it clients, in all services in which it should get some.
serves() {
  local key keys endpoints
  keys_of "$1"
  read_wanted
  read_live
  for key in "${keys[@]}"; do
    [[ "${wanted[$key]}" != *" -w 0"* ]] || continue
    [[ -n "${live[$key]:-}" && "${live[$key]}" != *" -w 0"* ]] || return 1
  done
}

# is_back NAME: whether it is ready for clients, as /etc/lvs/ready says how to ask.
is_back() {
  local endpoint how host keys endpoints
  keys_of "$1"
  while read -r endpoint how host; do
    [[ "$how" != none && " ${endpoints[*]} " == *" $endpoint "* ]] || continue
    is_ready "$endpoint" "$how" "$host" || return 1
  done <"$conf/ready"
}

# Gives the real servers that were replaced their weight back, once they are ready. `leave` does so first, so that two are never away at the
# same time.
rejoin() {
  lock_leaving
  rejoin_but ""
  report
}

# Where several real servers leave at the same time, they wait for each other here.
lock_leaving() {
  mkdir -p "$run"
  exec 8>"$run/leaving.lock"
  flock 8
}

# rejoin_but NAME: NAME stays away.
rejoin_but() {
  local name others=()
  read_drained
  without "$1" "${leaving_names[@]}"
  ((${#others[@]} > 0)) || return 0
  for name in "${others[@]}"; do
    wait_up "$rejoin_seconds" is_back "$name" || refuse "$name is being replaced, and was not ready within $rejoin_seconds s"
  done
  if is_leaving "$1"; then write_names "$leaving_file" "$1"; else write_names "$leaving_file"; fi
  follow_table
  for name in "${others[@]}"; do
    wait_up "$rejoin_seconds" serves "$name" || refuse "$name was replaced, and did not pass its checks within $rejoin_seconds s"
  done
}

is_leaving() { [[ -n "$1" && " ${leaving_names[*]} " == *" $1 "* ]]; }

# leave [NAME]: without a name, this director leaves.
leave() {
  local keys endpoints
  if (($# == 0)); then
    step_down
    return
  fi
  keys_of "$1"
  # The table is without it since a real server was taken out of the stack file.
  ((${#keys[@]} > 0)) || return 0
  lock_leaving
  rejoin_but "$1"
  refuse_only_healthy "$1"
  read_drained
  is_leaving "$1" || write_names "$leaving_file" "${leaving_names[@]}" "$1"
  follow_table
  wait_until_left "${keys[@]}" || say "connections to $1 are cut off after $DRAIN_SECONDS s"
  report
}

# refuse_only_healthy NAME: where NAME gets clients, some other real server must get them too. A service whose only real server is NAME
# cannot go on.
refuse_only_healthy() {
  local name="$1" key service line
  local -A others=() healthy=()
  read_wanted
  read_live
  while IFS= read -r line; do
    [[ "$line" =~ $weight_pattern && "${BASH_REMATCH[2]}" != "$name" && "${BASH_REMATCH[3]}" != 0 ]] || continue
    key_of "$line"
    service="${REPLY%% -r *}"
    others[$service]=yes
    [[ -z "${live[$REPLY]:-}" || "${live[$REPLY]}" == *" -w 0"* ]] || healthy[$service]=yes
  done <"$conf/ipvs.rules"
  for key in "${keys[@]}"; do
    [[ -n "${live[$key]:-}" && "${live[$key]}" != *" -w 0"* ]] || continue
    service="${key%% -r *}"
    if [[ -z "${others[$service]:-}" ]]; then
      say "$name is the only real server of service $service: its clients get no answer until it is back"
    elif [[ -z "${healthy[$service]:-}" ]]; then
      refuse "$name is the last real server that service $service sends clients to; bring another one back first"
    fi
  done
}

# Before the master of a pair is replaced. A peer that has just been replaced itself learns of the connections within ten seconds
# (sync_refresh_period).
step_down() {
  local key
  [[ -n "$PEER" && "$(role)" == master ]] || return 0
  read_list
  for key in "${!connections[@]}"; do
    ((${connections[$key]} == 0)) || {
      sleep 10
      break
    }
  done
  handover
}
