#!/usr/bin/env bash
# Two directors with floating addresses: connection sync, and the handover of the VIPs. Part of lvs-director.

# shellcheck source=director/drift.sh
source "${BASH_SOURCE[0]%/*}/drift.sh"

# Prints the role that keepalived gave this machine, as lvs-notify wrote it down. Empty before keepalived's first notification.
role() {
  local file word=""
  for file in "$run"/vrrp/*; do
    [[ ! -e "$file" ]] || read -r word <"$file" || true
  done
  printf '%s' "${word,,}"
}

read_sync() {
  read -r device id <<<"$SYNC"
  running="$(ipvsadm -Ln --daemon)"
}

# syncs STATE: whether the daemon of this state runs as it should.
syncs() { [[ "$running" == *"$1 sync daemon (mcast=$device, syncid=$id"* ]]; }

is_synced() {
  local device id running
  read_sync
  syncs master && syncs backup
}

# Both sync daemons run on both machines, so that each knows the other's connections, whichever is master.
keep_synced() {
  local device id state running
  read_sync
  for state in master backup; do
    [[ -z "$SYNC" ]] || ! syncs "$state" || continue
    [[ "$running" != *"$state sync daemon"* ]] || run_ipvsadm "--stop-daemon $state"
    [[ -z "$SYNC" ]] || run_ipvsadm "--start-daemon $state --mcast-interface $device --syncid $id"
  done
}

# Prints how many of the floating addresses this machine holds.
count_held() {
  local address count=0
  read_held 'eth*'
  for address in $FLOATING; do
    [[ "$addresses " != *" $address "* ]] || count=$((count + 1))
  done
  printf '%s' "$count"
}

# When role and addresses disagree, no machine or both may hold the VIPs.
check_role() {
  local now held_now due=0
  now="$(role)"
  held_now="$(count_held)"
  [[ "$now" != master ]] || due="$(wc -w <<<"$FLOATING")"
  echo "role: ${now:-none yet}"
  [[ -n "$now" ]] || missing "keepalived has not said who is master"
  [[ -z "$now" ]] || ((held_now == due)) || missing "as $now this director should hold $due floating addresses, and holds $held_now"
}

# lvs-notify waits for the same lock before it notes the role.
settle() {
  local address now
  [[ -d "$run/vrrp" ]] || return 0
  exec 6>"$run/vrrp/.lock"
  flock 6
  now="$(role)"
  [[ -n "$now" && "$now" != master ]] || return 0
  read_held 'eth*'
  for address in $FLOATING; do
    [[ "$addresses " != *" $address "* ]] || ip address flush dev "${address#*@}" to "${address%@*}"
  done
}

# Before VRRP's first notification, a director that was alone gives up the addresses that it took itself, and VRRP decides who holds them.
enter_pair() {
  local vip
  [[ -z "$FLOATING" ]] || make_handover_file
  [[ -n "$FLOATING" && ! -d "$run/vrrp" ]] || return 0
  for vip in $held; do
    [[ " $FLOATING " != *" $vip "* ]] || remove_vip "$vip"
  done
}

# After a pair ended: removes the addresses that VRRP held. They are taken again.
leave_pair() {
  [[ -z "$FLOATING" && -d "$run/vrrp" ]] || return 0
  ! is_running || sleep 2
  rm -rf "$run/vrrp" "$handover_file"
  read_held 'eth*'
}

# The firewall of the peer accepts nothing else.
peer_answers() { ping -q -c 1 -W 1 "$PEER" >/dev/null 2>&1; }

# someone_holds ADDRESS@DEVICE: whether a machine of the network answers for it.
someone_holds() {
  local address="${1%@*}" device="${1#*@}"
  if [[ "$address" == *:* ]]; then
    ping -q -c 1 -W 1 "$address" >/dev/null 2>&1
  else
    arping -q -c 1 -w 1 -I "$device" "$address" >/dev/null 2>&1
  fi
}

refuse() {
  say "$*"
  exit 4
}

# mark_floating SET [TIMEOUT]: puts the floating addresses, and nothing else, into an nftables set and its twin for IPv6.
mark_floating() {
  local address set commands="flush set inet lvs $1; flush set inet lvs ${1}6"
  for address in $FLOATING; do
    set="$1"
    [[ "$address" != *:* ]] || set="${1}6"
    commands+="; add element inet lvs $set { ${address%@*}${2:+ timeout $2} }"
  done
  nft "$commands"
}

# In state FAULT keepalived gives up the VIPs at once and tells its peer. If nobody takes over, this machine takes them again.
# A handshake split across the handover would be unknown to both directors. So new connections are dropped for the second before it, and
# the clients retransmit.
handover() {
  local first deadline=$((SECONDS + 10))
  [[ -n "$PEER" ]] || refuse "this director has no peer"
  [[ "$(role)" == master ]] || refuse "this director is not the master"
  peer_answers || refuse "$PEER does not answer: it could not take over"
  trap 'echo 0 >"$handover_file"; FLOATING="" mark_floating held || true' EXIT
  mark_floating held 15s
  sleep 1
  echo 1 >"$handover_file"
  while (($(count_held) > 0)); do
    ((SECONDS < deadline)) || refuse "keepalived does not let go within 10 s"
    sleep 0.1
  done
  for first in $FLOATING; do [[ "$first" == *:* ]] || break; done
  until someone_holds "$first"; do
    ((SECONDS < deadline)) || refuse "$PEER does not take over: taking the VIPs up again"
    sleep 0.1
  done
}
