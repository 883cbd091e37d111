#!/usr/bin/env bash
# Makes this machine the sorry server: the VIPs held quietly, as a real server holds them, and nginx with one page for everything.
source ./lib.sh
# shellcheck source=real-server/units.sh
source ./units.sh

# FILE UNIT DEST MODE
lay_down_all() {
  lay_down <<'TABLE'
sysctl.conf - /etc/sysctl.d/60-lvs.conf 644
lvs-common.sh - /usr/local/lib/lvs/lvs-common.sh 644
lvs-real-server - /usr/local/sbin/lvs-real-server 755
real-server.conf - /etc/lvs/real-server.conf 644
real-server.nft - /etc/lvs/real-server.nft 644
sorry.html - /usr/local/share/lvs/sorry/sorry.html 644
tls.crt nginx.service /etc/nginx/tls.crt 644
tls.key nginx.service /etc/nginx/tls.key 600
nginx.conf nginx.service /etc/nginx/nginx.conf 644
TABLE
}

# A unit that was just started has done this.
hold_vips() {
  local vips
  [[ " ${started[*]} " != *" lvs-real-server.service "* ]] || return 0
  vips="$(lvs-real-server start)"
  [[ "$vips" == unchanged ]] || changed VIPs
}

main() {
  add_unit lvs-real-server.service
  lay_down_all
  [[ -f tls.key ]] || rm -f /etc/nginx/tls.key /etc/nginx/tls.crt
  run_units
  hold_vips
  finish
}

main "$@"
