#!/usr/bin/env bash
# Makes this machine a director: its sysctls, its VIPs and its IPVS table, and who keeps that, now and at every boot.
source ./lib.sh
# shellcheck source=director/services.sh
source ./services.sh

lay_down_kernel() {
  local modules
  mapfile -t modules <modules.conf
  # The sysctls of IPVS are there once its module is.
  if install_file modules.conf /etc/modules-load.d/lvs.conf; then modprobe -a "${modules[@]}"; fi
  if install_file sysctl.conf /etc/sysctl.d/60-lvs.conf; then sysctl -q -p /etc/sysctl.d/60-lvs.conf; fi
}

# Rules that the kernel cannot take, or a configuration that the manager refuses, is refused while the old ones are still what the
# next boot finds.
check_files() {
  local file
  for file in ipvs.rules keepalived.conf ldirectord.cf; do
    [[ -e "$file" ]] || continue
    cmp -s "$file" "/etc/lvs/$file" || {
      LVS_CONF=. LVS_LIB=. bash ./lvs-director check
      return
    }
  done
}

lay_down_programs() {
  local file
  for file in lvs-common.sh ipvs-table.sh manager.sh drained.sh pair.sh probe.sh; do
    lay_down "$file" "/usr/local/lib/lvs/$file" 644
  done
  for file in lvs-check lvs-notify lvs-watch lvs-director; do
    lay_down "$file" "/usr/local/sbin/$file" 755
  done
  for file in check-*; do lay_down "$file" "/usr/local/lib/lvs/checks/${file#check-}" 755; done
}

lay_down_table() {
  local file
  for file in director.conf ipvs.rules lvs.nft real-servers; do lay_down "$file" "/etc/lvs/$file" 644; done
  # Where the stack file says something new, even after a run that was cut off. What drain and undrain said since then is not in
  # this job yet, and stays.
  if [[ -e drained ]] && ! cmp -s drained /etc/lvs/drained.said; then
    lay_down drained /etc/lvs/drained 644
    lay_down drained /etc/lvs/drained.said 644
  fi
  for file in keepalived.conf ldirectord.cf; do
    lay_down "$file" "/etc/lvs/$file" 644
    [[ -e "$file" ]] || take_away "/etc/lvs/$file"
  done
}

keep_table() {
  local table
  start_unit lvs-director.service
  # A unit that was just started has done this.
  if [[ " ${changes[*]} " != *" lvs-director.service started "* ]]; then
    table="$(lvs-director start)"
    [[ "$table" == unchanged ]] || changed "IPVS table"
  fi
}

# No client is sent to a real server that is not ready. Those in the live table have clients already; all others are waited
# for at once. Where they are checked, one that was laid down before may be out of the table, and need not be waited for.
wait_for_new() {
  local live endpoint how host pid pids=() failed=0
  live="$(ipvsadm -Sn)"
  [[ ! -e checks.conf || ! -e /etc/lvs/ipvs.rules ]] || live+="$(</etc/lvs/ipvs.rules)"
  while read -r endpoint how host; do
    [[ "$how" != none && "$live" != *" -r $endpoint "* ]] || continue
    wait_for 300 is_ready "$endpoint" "$how" "$host" &
    pids+=("$!")
  done <ready
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  return "$failed"
}

# is_ready RIP:PORT tcp, or is_ready RIP:PORT URL HOST. Asked seldom, as the director has one slow CPU for all of them.
is_ready() {
  local address="${1%:*}"
  if [[ "$2" == tcp ]]; then
    address="${address#[}"
    timeout 10 bash -c ": <'/dev/tcp/${address%]}/${1##*:}'" 2>/dev/null
  else
    curl -kfsS -o /dev/null --max-time 10 -H "Host: $3" "$2" 2>/dev/null
  fi || {
    sleep 1
    return 1
  }
}

main() {
  refuse_lockout
  lay_down_programs
  check_files
  lay_down_kernel
  wait_for_new
  lay_down_sorry
  stop_managers
  lay_down_table
  keep_table
  # Until now a real server that goes had to answer as before, while it was drained.
  lay_down checks.conf /etc/lvs/checks.conf 644
  start_manager
  take_away_sorry
  take_away_checks
  finish
}

main "$@"
