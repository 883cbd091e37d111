#!/usr/bin/env bash
# Makes this machine the director: its sysctls, its VIPs and its IPVS table, now and at every boot.
source ./lib.sh

lay_down_kernel() {
  local modules
  mapfile -t modules <modules.conf
  # The sysctls of IPVS are there once its module is.
  if install_file modules.conf /etc/modules-load.d/lvs.conf; then modprobe -a "${modules[@]}"; fi
  if install_file sysctl.conf /etc/sysctl.d/60-lvs.conf; then sysctl -q -p /etc/sysctl.d/60-lvs.conf; fi
}

lay_down_table() {
  local table
  install_file lvs-common.sh /usr/local/lib/lvs/lvs-common.sh || true
  install_file ipvs-table.sh /usr/local/lib/lvs/ipvs-table.sh || true
  install_file lvs-director /usr/local/sbin/lvs-director 755 || true
  install_file director.conf /etc/lvs/director.conf || true
  install_file ipvs.rules /etc/lvs/ipvs.rules || true
  install_file lvs.nft /etc/lvs/lvs.nft || true
  start_unit lvs-director.service
  # A unit that was just started has done this.
  if [[ " ${changes[*]} " != *" lvs-director.service started "* ]]; then
    table="$(lvs-director start)"
    [[ "$table" == unchanged ]] || changed "IPVS table"
  fi
}

# No client is sent to a real server that is not ready. Those in the live table have clients already; all others are waited
# for at once.
wait_for_new() {
  local live endpoint how host pid pids=() failed=0
  live="$(ipvsadm -Sn)"
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
  # Rules that the kernel cannot take are refused while the old ones are still what the next boot finds.
  cmp -s ipvs.rules /etc/lvs/ipvs.rules || LVS_CONF=. LVS_LIB=. bash ./lvs-director check
  lay_down_kernel
  wait_for_new
  lay_down_table
  finish
}

main "$@"
