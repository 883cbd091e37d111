#!/usr/bin/env bash
# Makes this machine the director: its sysctls, its VIPs and its IPVS table, now and at every boot.
source ./lib.sh

main() {
  local table
  install_file ip_vs.conf /etc/modules-load.d/ip_vs.conf && modprobe ip_vs
  install_file sysctl.conf /etc/sysctl.d/60-lvs.conf && sysctl -q -p /etc/sysctl.d/60-lvs.conf
  install_file lvs-director /usr/local/sbin/lvs-director 755 || true
  install_file director.conf /etc/lvs/director.conf || true
  install_file ipvs.rules /etc/lvs/ipvs.rules || true
  start_unit lvs-director.service
  table="$(lvs-director start)"
  [[ "$table" == unchanged ]] || changed "IPVS table"
  finish
}

main "$@"
