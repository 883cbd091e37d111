#!/usr/bin/env bash
# Makes this machine the sorry server: it holds the VIPs as a real server does, and nginx answers every request with one page.
source ./lib.sh
# shellcheck source=real-server/units.sh
source ./units.sh

main() {
  refuse_lockout
  # shellcheck disable=SC2119 # all of them
  lay_down_all_but
  run_units
  hold_vips
  finish
}

main "$@"
