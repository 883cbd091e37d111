#!/usr/bin/env bash
# The live IPVS table and the wanted one. Keys: "-t VIP:PORT" for a service, "-t VIP:PORT -r RIP:PORT" for one of its real servers. Part
# of lvs-director.

# shellcheck source=lvs-common.sh
source "${BASH_SOURCE[0]%/*}/lvs-common.sh"

declare -A wanted=() live=() limits=() connections=()
wanted_keys=()
live_keys=()
entries=()
gone=()

# Sets REPLY to the key of a line in the form of ipvsadm-save. Without a subshell, which costs time for each line.
key_of() {
  local pattern='^-[Aa] ([^ ]+ [^ ]+( -6)?( -r [^ ]+)?)'
  [[ "$1" =~ $pattern ]] && REPLY="${BASH_REMATCH[1]}"
}

# entries_of KEY [KEYS]: sets `entries` to the keys, in live_keys or the list named KEYS, for a KEY of checks.conf: OPTION:SERVICE/RIP:PORT.
# SERVICE is VIP:PORT as in the table, or a mark, to which ldirectord adds a port. The port of the real server may be another one in the
# table. A key of an earlier version has no option.
entries_of() {
  local option="${1%%:*}" virtual="${1%%/*}" rip="${1#*/}" key
  [[ "$1" == -* ]] || option="-*"
  virtual="${virtual#-*:}"
  local -n keys_to_search="${2:-live_keys}"
  [[ ! "$virtual" =~ ^[0-9]+:0?$ ]] || virtual="${virtual%:*}"
  entries=()
  for key in "${keys_to_search[@]}"; do
    [[ "$key" != $option\ "$virtual"?(\ -6)\ -r\ "${rip%:*}":* ]] || entries+=("$key")
  done
}

# With weight 0 for those that are drained.
read_wanted() {
  local line rules
  wanted=() wanted_keys=()
  read_drained
  rules="$(fill_weights <"$conf/ipvs.rules")"
  while read -r line; do
    [[ -n "$line" && "$line" != "#"* ]] || continue
    key_of "$line" || {
      say "$conf/ipvs.rules has a line that ipvsadm-save would not print: $line"
      exit 1
    }
    wanted[$REPLY]="$line"
    wanted_keys+=("$REPLY")
  done <<<"$rules"
}

read_live() {
  local saved line
  live=() live_keys=()
  saved="$(ipvsadm -Sn)"
  [[ -n "$saved" ]] || return 0
  read_list
  while read -r line; do
    key_of "$line"
    live[$REPLY]="$line${limits[$REPLY]:-}"
    live_keys+=("$REPLY")
  done <<<"$saved"
}

# Reads what ipvsadm-save leaves out: thresholds, in the form of a rule, and active connections.
read_list() {
  local listed first second third fourth active service="" key
  listed="$(ipvsadm -Ln --thresholds)"
  limits=() connections=()
  while read -r first second third fourth active _; do
    case "$first" in
      TCP) service="-t $second" ;;
      UDP) service="-u $second" ;;
      SCTP) service="--sctp-service $second" ;;
      FWM) if [[ "$third" == IPv6 ]]; then service="-f $second -6"; else service="-f $second"; fi ;;
      "->") key="$service -r $second" ;;
    esac
    [[ -n "$service" ]] || continue
    if [[ "$first" != "->" ]]; then
      connections[$service]=0
    else
      connections[$key]="$active"
      [[ "$third $fourth" == "0 0" ]] || limits[$key]=" -x $third -y $fourth"
    fi
  done <<<"$listed"
}

# A rule is a line of ipvsadm's arguments, so it is split into words.
run_ipvsadm() {
  local words
  read -ra words <<<"$1"
  ipvsadm "${words[@]}" || return
  changed=yes
}

# modprobe tells whether the kernel has a scheduler. It has those of the live table.
refuse_schedulers() {
  local key scheduler known=" "
  for key in "${live_keys[@]}"; do
    [[ ! "${live[$key]}" =~ \ -s\ ([^ ]+) ]] || known+="${BASH_REMATCH[1]} "
  done
  for key in "${wanted_keys[@]}"; do
    [[ "${wanted[$key]}" =~ \ -s\ ([^ ]+) ]] || continue
    scheduler="${BASH_REMATCH[1]}"
    [[ "$known" == *" $scheduler "* ]] || modprobe -q -n "ip_vs_$scheduler" || {
      say "this kernel has no scheduler $scheduler (ip_vs_$scheduler)"
      exit 1
    }
    known+="$scheduler "
  done
}

add_missing() {
  local key
  for key in "${wanted_keys[@]}"; do
    [[ -n "${live[$key]:-}" ]] || run_ipvsadm "${wanted[$key]}"
  done
}

# An edit replaces the whole line: persistence, flags and thresholds that it leaves out end. Connections stay.
edit_changed() { edit_keys "${wanted_keys[@]}"; }

# edit_keys KEY...: those that are in the live table in another form.
edit_keys() {
  local key line
  for key in "$@"; do
    [[ -n "${live[$key]:-}" && "${live[$key]}" != "${wanted[$key]}" ]] || continue
    line="${wanted[$key]/#-A/-E}"
    run_ipvsadm "${line/#-a/-e}"
  done
}

# In reverse order, so that real servers are removed before their service.
find_gone() {
  local key
  gone=()
  for key in "${live_keys[@]}"; do
    [[ -n "${wanted[$key]:-}" ]] || gone=("$key" "${gone[@]}")
  done
}

drain_gone() {
  find_gone
  ((${#gone[@]} == 0 || DRAIN_SECONDS == 0)) || drain_keys "${gone[@]}"
}

remove_gone() {
  local key
  drain_gone
  for key in "${gone[@]}"; do
    if [[ -z "${connections[$key]:-}" ]]; then
      say "$key went by another hand"
    elif [[ "$key" == *" -r "* ]]; then
      run_ipvsadm "-d $key"
    else
      run_ipvsadm "-D $key"
    fi
  done
}

# drain_keys KEY...: sets weight 0, so that there are no new clients, and waits for all of them together.
drain_keys() {
  local key
  for key in "$@"; do
    [[ "${live[$key]}" =~ ^-a(.*\ -w\ )([0-9]+)(.*)$ && "${BASH_REMATCH[2]}" != 0 ]] || continue
    run_ipvsadm "-e${BASH_REMATCH[1]}0${BASH_REMATCH[3]}"
  done
  wait_until_left "$@" || say "connections are cut off after $DRAIN_SECONDS s"
}

# wait_until_left KEY...: whether their active connections end within DRAIN_SECONDS.
wait_until_left() {
  local deadline=$((SECONDS + DRAIN_SECONDS))
  while true; do
    read_list
    has_connections "$@" || return 0
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}

has_connections() {
  local key
  for key in "$@"; do ((${connections[$key]:-0} == 0)) || return 0; done
  return 1
}
