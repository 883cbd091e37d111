#!/usr/bin/env bash
# What lvs-director and lvs-real-server share: their commands, the VIPs that a machine holds, and nftables scripts.

conf="${LVS_CONF:-/etc/lvs}"
run="${LVS_RUN:-/run/lvs}"
beats="$run/beats"
changed=no
complete=yes
held=""
addresses=""

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# dispatch FILE "COMMAND..." [COMMAND [ARGUMENT...]]: runs one of the commands, with the settings from FILE in /etc/lvs.
dispatch() {
  local file="$conf/$1" commands="$2" command="${3:-}"
  if [[ "$command" == -h || "$command" == --help ]]; then
    usage
    return
  fi
  [[ " $commands " == *" $command "* ]] || {
    printf 'usage: %s %s|--help\n' "${0##*/}" "${commands// /|}" >&2
    exit 2
  }
  [[ -r "$file" ]] || {
    say "there is no $file"
    if [[ "$command" == status ]]; then exit 3; else exit 6; fi
  }
  # shellcheck source=/dev/null
  source "$file"
  "$command" "${@:4}"
}

# read_held DEVICES: reads the VIPs on these devices, and all addresses. Every /32 and /128 is a VIP, because other addresses have the
# prefix of their network.
read_held() {
  local shown device address
  held="" addresses=""
  shown="$(ip -o address show)"
  while read -r _ device _ address _; do
    # shellcheck disable=SC2053 # DEVICES is a pattern
    [[ "$device" == $1 ]] || continue
    addresses+=" ${address%/*}@$device"
    [[ "$address" =~ ^(.+)/(32|128)$ && "$address" != ::1/128 ]] || continue
    held+=" ${BASH_REMATCH[1]}@$device"
  done <<<"$shown"
}

holds() { [[ "$held " == *" $1 "* ]]; }

# An IPv6 VIP is added as deprecated. Else the machine would use it as the source of its own connections.
add_vip() {
  local address="${1%@*}" device="${1#*@}"
  if [[ "$address" == *:* ]]; then
    ip address replace "$address/128" dev "$device" nodad preferred_lft 0
  else
    ip address replace "$address/32" dev "$device"
  fi
  changed=yes
}

remove_vip() {
  local address="${1%@*}" length=32
  [[ "$address" != *:* ]] || length=128
  ip address del "$address/$length" dev "${1#*@}"
  changed=yes
}

# table_of SCRIPT: sets REPLY to "table inet NAME", the first line of each of our nft scripts.
table_of() {
  read -r REPLY <"$1"
  REPLY="${REPLY%%;*}"
}

# has_table SCRIPT: whether the table that SCRIPT makes is loaded. True for a script that makes none.
has_table() {
  [[ -s "$1" ]] || return 0
  table_of "$1"
  nft "list $REPLY" >/dev/null 2>&1
}

# load_nft SCRIPT: an empty script removes the table that was loaded before. A copy below /run remembers it; a reboot clears both.
load_nft() {
  local script="$1" loaded="$run/loaded.nft"
  if [[ ! -s "$script" ]]; then
    [[ -e "$loaded" ]] || return 0
    table_of "$loaded"
    nft "$REPLY; delete $REPLY"
    rm "$loaded"
  elif [[ -e "$loaded" && "$(<"$script")" == "$(<"$loaded")" ]] && has_table "$script"; then
    return 0
  else
    nft -f "$script"
    mkdir -p "$run"
    cp "$script" "$loaded"
  fi
  changed=yes
}

# Whether a running manager has stopped to check a service. Sets REPLY to its name. lvs-check notes when it begins; the last field of
# checks.conf is for how many seconds no check may begin.
are_checks_overdue() {
  local limit began
  [[ -d "$beats" && -s "$conf/checks.conf" ]] || return 1
  while read -r REPLY _ _ _ _ _ _ _ _ _ _ limit; do
    began="$EPOCHSECONDS"
    [[ ! -e "$beats/$REPLY" ]] || read -r began <"$beats/$REPLY" || true
    ((EPOCHSECONDS - ${began:-$EPOCHSECONDS} <= ${limit:-EPOCHSECONDS})) || return 0
  done <"$conf/checks.conf"
  return 1
}

# missing WHAT: what `status` has found. It goes on, and `end_status` ends it.
missing() {
  say "$*"
  complete=no
}

end_status() { [[ "$complete" == yes ]] || exit 3; }

report() { if [[ "$changed" == yes ]]; then echo changed; else echo unchanged; fi; }
