#!/usr/bin/env bash
# Holds the imports between folders against rooms.json: no arrow up, no circle.
set -euo pipefail

main() {
  local rooms
  cd "$(dirname "${BASH_SOURCE[0]}")/../.."
  mapfile -t rooms < <(node -p "require('./rooms.json').map(({ room }) => room).join('\n')")
  node_modules/.bin/depcruise --config .dependency-cruiser.mjs "${rooms[@]}"
}

main "$@"
