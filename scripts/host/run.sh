#!/usr/bin/env bash
# Runs one of the project's commands (commands/COMMAND.ts); on a fresh clone the Node packages come first.
set -euo pipefail

main() {
  local project
  project="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
  cd "$project"
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
    echo "installing Node packages" >&2
    # Not npm ci: it refuses a lock file made where the registry lacks other platforms' optional packages.
    npm install --no-save --no-audit --no-fund --loglevel=error >&2
    touch node_modules/.package-lock.json
  fi
  # Not tsx's own command: that kills what does not heed Ctrl-C at once, and an engine first ends what it is doing.
  exec node --import tsx "commands/$1.ts" "${@:2}"
}

main "$@"
