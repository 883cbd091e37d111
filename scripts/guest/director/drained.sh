#!/usr/bin/env bash
# Real servers that are out for maintenance: weight 0 in whatever says what the table is, for as long as /etc/lvs/drained names them.
# Part of lvs-director.

# shellcheck source=director/ipvs-table.sh
source "${BASH_SOURCE[0]%/*}/ipvs-table.sh"

drained_file="$conf/drained"
drained_names=()
# Their addresses, each between blanks, as keepalived writes them and in brackets.
drained_rips=" "

read_drained() {
  local name rips rip
  drained_names=() drained_rips=" "
  [[ ! -e "$drained_file" ]] || mapfile -t drained_names <"$drained_file"
  [[ -e "$conf/real-servers" ]] || return 0
  while read -r name rips; do
    [[ " ${drained_names[*]} " == *" $name "* ]] || continue
    for rip in $rips; do drained_rips+="$rip [$rip] "; done
  done <"$conf/real-servers"
}

is_drained() { [[ "$drained_rips" == *" $1 "* ]]; }

# What is wanted of them is weight 0.
drain_wanted() {
  local key rip
  for key in "${wanted_keys[@]}"; do
    [[ "$key" == *" -r "* ]] || continue
    rip="${key#* -r }"
    is_drained "${rip%:*}" || continue
    [[ "${wanted[$key]}" =~ ^(.*\ -w\ )[0-9]+(.*)$ ]] && wanted[$key]="${BASH_REMATCH[1]}0${BASH_REMATCH[2]}"
  done
}

# A keepalived.conf or ldirectord.cf on standard input, with weight 0 for them: on the line after `real_server RIP PORT {`, or in
# `real=RIP:PORT KIND WEIGHT`.
drain_configuration() {
  local line rip="" keepalived='^ *real_server ([^ ]+) ' ldirectord='^( *real6?=([^ ]+):[0-9]+ [a-z]+ )[0-9]+(.*)$'
  while IFS= read -r line; do
    if [[ "$line" =~ $ldirectord ]] && is_drained "${BASH_REMATCH[2]}"; then
      line="${BASH_REMATCH[1]}0${BASH_REMATCH[3]}"
    elif [[ "$line" =~ ^(\ *weight\ )[0-9]+$ && -n "$rip" ]] && is_drained "$rip"; then
      line="${BASH_REMATCH[1]}0"
    fi
    rip=""
    [[ ! "$line" =~ $keepalived ]] || rip="${BASH_REMATCH[1]}"
    printf '%s\n' "$line"
  done
}

# refuse_last NAME RIP...: a service with nobody left is one that keepalived refuses, and that its clients miss.
refuse_last() {
  local name="$1" own="${*:2}" key rip service
  local -A needed=() left=()
  for key in "${wanted_keys[@]}"; do
    [[ "$key" == *" -r "* && "${wanted[$key]}" != *" -w 0"* ]] || continue
    service="${key% -r *}" rip="${key#* -r }"
    rip="${rip%:*}"
    if [[ " $own " == *" ${rip//[\[\]]/} "* ]]; then
      needed[$service]=yes
    elif ! is_drained "$rip"; then
      left[$service]=yes
    fi
  done
  for service in "${!needed[@]}"; do
    [[ -z "${left[$service]:-}" ]] || continue
    say "$name is the last real server that service $service has left; undrain another one first"
    exit 4
  done
}

# set_drained drain|undrain NAME
set_drained() {
  local command="$1" name="${2:-}" names=() one rips own=()
  while read -r one rips; do
    names+=("$one")
    [[ "$one" != "$name" ]] || read -ra own <<<"$rips"
  done <"$conf/real-servers"
  [[ -n "$name" && " ${names[*]} " == *" $name "* ]] || {
    say "$command takes the name of a real server: ${names[*]}"
    exit 2
  }
  read_drained
  names=()
  for one in "${drained_names[@]}"; do [[ "$one" == "$name" ]] || names+=("$one"); done
  [[ "$command" == undrain ]] || names+=("$name")
  ((${#names[@]} != ${#drained_names[@]})) || return 0
  [[ "$command" == undrain ]] || refuse_last "$name" "${own[@]}"
  if ((${#names[@]} > 0)); then printf '%s\n' "${names[@]}" >"$drained_file.new"; else : >"$drained_file.new"; fi
  mv "$drained_file.new" "$drained_file"
  changed=yes
}
