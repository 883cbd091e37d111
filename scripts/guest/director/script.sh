#!/usr/bin/env bash
# Makes this machine a director: sysctls, VIPs, the IPVS table, and the program that manages it, now and at every boot.
source ./lib.sh
# shellcheck source=director/services.sh
source ./services.sh
# shellcheck source=director/ready.sh
source ./ready.sh

lay_down_kernel() {
  local modules
  mapfile -t modules <modules.conf
  # The sysctls of IPVS exist only after its module is loaded.
  if lay_down modules.conf; then modprobe -a "${modules[@]}"; fi
  if lay_down sysctl.conf; then sysctl -q -p "${path_of[sysctl.conf]}"; fi
}

# Refuses rules that the kernel cannot take, and a configuration that the manager refuses, before they replace the old ones, which the
# next boot would need.
check_files() {
  local file
  for file in ipvs.rules keepalived.conf ldirectord.cf; do
    [[ -e "$file" ]] || continue
    same "$file" "${path_of[$file]}" || {
      LVS_CONF=. LVS_LIB=. bash ./lvs-director check
      return
    }
  done
}

lay_down_programs() {
  lay_down lvs-common.sh ipvs-table.sh drained.sh manager.sh drift.sh pair.sh ready.sh replacing.sh probe.sh lvs-check lvs-notify lvs-watch lvs-director check-* || true
}

lay_down_table() {
  lay_down director.conf ipvs.rules lvs.nft keepalived.conf ldirectord.cf ready || true
  take_away keepalived.conf ldirectord.cf
  # Only where the stack file says something new, even after a run that was cut off. A drain or undrain since then is not in
  # this job yet, and stays.
  if [[ -e drained ]] && ! same drained "${path_of[drained]}.said"; then
    lay_down drained || true
    install_file drained "${path_of[drained]}.said"
  fi
}

keep_table() {
  local table
  start_unit lvs-director.service
  # A unit that was just started has done this already.
  if [[ " ${changes[*]} " != *" lvs-director.service started "* ]]; then
    table="$(lvs-director start)"
    [[ "$table" == unchanged ]] || changed "IPVS table"
  fi
}

# This job runs again when a real server's machine is another one.
rejoin() {
  local answer
  [[ -s /etc/lvs/leaving ]] || return 0
  answer="$(lvs-director rejoin)"
  [[ "$answer" == unchanged ]] || changed "real servers that were replaced"
}

# No client is sent to a real server that is not ready. Those in the live table have clients already; it waits for all others at the
# same time. With health checks, a real server of the former rules may be out of the table, and is not waited for.
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
  # Only now: a real server that is removed had to pass its checks while it was drained.
  lay_down checks.conf || true
  start_manager
  rejoin
  stop_sorry
  take_away_scripts
  # `finish` removes the programs of checks last: for a manager that still runs, a missing check is a failed one.
  finish
}

main "$@"
