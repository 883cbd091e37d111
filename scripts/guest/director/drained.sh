#!/usr/bin/env bash
# Real servers with weight 0: those that /etc/lvs/drained names are out for maintenance, and those that /etc/lvs/leaving names are being
# replaced. Part of lvs-director.

# shellcheck source=director/ipvs-table.sh
source "${BASH_SOURCE[0]%/*}/ipvs-table.sh"

drained_file="$conf/drained"
leaving_file="$conf/leaving"
drained_names=()
leaving_names=()
# In ipvs.rules and in the manager's configuration, a weight is %NAME:WEIGHT%.
weight_pattern='^(.*)%([^%:]+):([0-9]+)%(.*)$'

read_drained() {
  drained_names=() leaving_names=()
  [[ ! -e "$drained_file" ]] || mapfile -t drained_names <"$drained_file"
  [[ ! -e "$leaving_file" ]] || mapfile -t leaving_names <"$leaving_file"
}

is_drained() { [[ " ${drained_names[*]} ${leaving_names[*]} " == *" $1 "* ]]; }

# write_names FILE NAME...
write_names() {
  local file="$1"
  shift
  if (($# > 0)); then printf '%s\n' "$@" >"$file.new"; else : >"$file.new"; fi
  mv "$file.new" "$file"
  changed=yes
}

# without NAME NAME...: sets `others` to the names but the first.
without() {
  local name="$1" one
  shift
  others=()
  for one in "$@"; do [[ "$one" == "$name" ]] || others+=("$one"); done
}

# fill_weights: copies standard input, with the weight of each real server, or 0 for a drained one.
fill_weights() {
  local line weight
  while IFS= read -r line; do
    if [[ "$line" =~ $weight_pattern ]]; then
      weight="${BASH_REMATCH[3]}"
      if is_drained "${BASH_REMATCH[2]}"; then weight=0; fi
      line="${BASH_REMATCH[1]}$weight${BASH_REMATCH[4]}"
    fi
    printf '%s\n' "$line"
  done
}

# refuse_last NAME: keepalived refuses a service without real servers, and its clients would miss it.
refuse_last() {
  local name="$1" line service
  local -A needed=() left=()
  while IFS= read -r line; do
    [[ "$line" =~ $weight_pattern && "${BASH_REMATCH[3]}" != 0 ]] || continue
    service="${line#-a }" service="${service%% -r *}"
    if [[ "${BASH_REMATCH[2]}" == "$name" ]]; then
      needed[$service]=yes
    elif ! is_drained "${BASH_REMATCH[2]}"; then
      left[$service]=yes
    fi
  done <"$conf/ipvs.rules"
  for service in "${!needed[@]}"; do
    [[ -z "${left[$service]:-}" ]] || continue
    say "$name is the last real server that service $service has left; undrain another one first"
    exit 4
  done
}

# Each real server of the table once, into names.
read_names() {
  local line
  while IFS= read -r line; do
    [[ "$line" =~ $weight_pattern && " ${names[*]} " != *" ${BASH_REMATCH[2]} "* ]] || continue
    names+=("${BASH_REMATCH[2]}")
  done <"$conf/ipvs.rules"
}

# set_drained drain|undrain NAME
set_drained() {
  local command="$1" name="${2:-}" names=() others=()
  read_names
  [[ -n "$name" && " ${names[*]} " == *" $name "* ]] || {
    say "$command takes the name of a real server: ${names[*]}"
    exit 2
  }
  read_drained
  without "$name" "${drained_names[@]}"
  if [[ "$command" == drain ]]; then
    ((${#others[@]} == ${#drained_names[@]})) || return 0
    refuse_last "$name"
    write_names "$drained_file" "${drained_names[@]}" "$name"
    return
  fi
  ((${#others[@]} == ${#drained_names[@]})) || write_names "$drained_file" "${others[@]}"
  without "$name" "${leaving_names[@]}"
  ((${#others[@]} == ${#leaving_names[@]})) || write_names "$leaving_file" "${others[@]}"
}
