#!/usr/bin/env bash
# Runs a command of lvs (commands/main.ts); on a fresh clone it installs the Node packages first.
set -euo pipefail

main() {
  local project
  project="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
  # Typed paths are relative to this folder. npm sets it, and changes the working directory.
  export INIT_CWD="${INIT_CWD:-$PWD}"
  cd "$project"
  # Git gives each file that it checks out a new time. So a newer time alone does not count, only other content.
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]] && ! cmp -s package-lock.json node_modules/.installed-lock.json; then
    # Completion by the Tab key must not install anything.
    [[ "$*" != "completion words"* ]] || exit 0
    echo "installing Node packages" >&2
    # Not npm ci: it refuses a lock file that lacks the optional packages of other platforms.
    npm install --no-save --no-audit --no-fund --loglevel=error >&2
    touch node_modules/.package-lock.json
    cp package-lock.json node_modules/.installed-lock.json
  fi
  # Not tsx's own command: after Ctrl-C it kills the process at once, but an engine must first finish its current step.
  exec node --import tsx commands/main.ts "$@"
}

main "$@"
