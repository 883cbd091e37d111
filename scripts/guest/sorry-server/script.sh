#!/usr/bin/env bash
# Makes this machine the sorry server: the VIPs held quietly, as a real server holds them, and nginx with one page for everything.
source ./lib.sh
# shellcheck source=real-server/units.sh
source ./units.sh

# FILE UNIT DEST MODE
lay_down_all() {
  lay_down <<'TABLE'
sorry.html - /usr/local/share/lvs/sorry/sorry.html 644
tls.crt nginx.service /etc/nginx/tls.crt 644
tls.key nginx.service /etc/nginx/tls.key 600
nginx.conf nginx.service /etc/nginx/nginx.conf 644
TABLE
}

main() {
  refuse_lockout
  lay_down_vips
  lay_down_all
  [[ -f tls.key ]] || rm -f /etc/nginx/tls.key /etc/nginx/tls.crt
  run_units
  hold_vips
  finish
}

main "$@"
