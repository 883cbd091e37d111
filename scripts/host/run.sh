#!/usr/bin/env bash
# Runs a command of lvs (commands/main.ts); on a fresh clone it installs the Node packages first.
set -euo pipefail

main() {
  local project
  project="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
  # Paths that are typed start from here; npm sets it, and has changed the folder already.
  export INIT_CWD="${INIT_CWD:-$PWD}"
  cd "$project"
  # Git gives a file that it checks out a new time: the content decides when the time does not.
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]] && ! cmp -s package-lock.json node_modules/.installed-lock.json; then
    # The Tab key installs nothing.
    [[ "$*" != "completion words"* ]] || exit 0
    echo "installing Node packages" >&2
    # Not npm ci: it refuses a lock file made where the registry lacks other platforms' optional packages.
    npm install --no-save --no-audit --no-fund --loglevel=error >&2
    touch node_modules/.package-lock.json
    cp package-lock.json node_modules/.installed-lock.json
  fi
  # Not tsx's own command: that kills what does not heed Ctrl-C at once, and an engine first ends what it is doing.
  exec node --import tsx commands/main.ts "$@"
}

main "$@"
