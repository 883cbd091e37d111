#!/usr/bin/env bash
# Checks the imports between folders against rooms.json: no import upwards, no circle.
set -euo pipefail

main() {
  local rooms
  cd "$(dirname "${BASH_SOURCE[0]}")/../.."
  mapfile -t rooms < <(node -p "require('./rooms.json').map(({ room }) => room).join('\n')")
  node_modules/.bin/depcruise --config .dependency-cruiser.mjs "${rooms[@]}"
}

main "$@"
