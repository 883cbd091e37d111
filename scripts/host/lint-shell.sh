#!/usr/bin/env bash
# Every shell script of the project through shellcheck and shfmt.
set -euo pipefail

main() {
  local scripts
  cd "$(dirname "${BASH_SOURCE[0]}")/../.."
  mapfile -t scripts < <(git ls-files --cached --others --exclude-standard | xargs grep -lE '^#!/usr/bin/env bash' --)
  shellcheck --external-sources --source-path=scripts/guest "${scripts[@]}"
  shfmt -d -i 2 -ci -bn "${scripts[@]}"
}

main "$@"
