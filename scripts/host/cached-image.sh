#!/usr/bin/env bash
# usage: cached-image.sh trixie|bookworm|HASH   as image.sh, which takes seconds to compare the image's checksums
# Calls image.sh only once after each boot of this host, and again when a file of the image or of its recipe has changed since. A script
# of its own, because image.sh is part of the recipe: a change of it replaces every machine.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
checked="${LVS_CACHE:-$here/../../.lvs/images}/checked"

# mark DIRECTORY WORD: what the answer of image.sh depends on.
mark() {
  echo "$(</proc/sys/kernel/random/boot_id) $2"
  find "$1" "$here/image.sh" "$here/image" "$here/../guest/apply.sh" -type f -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort
}

directory_in() {
  local from="${1#*\"directory\":\"}"
  printf '%s' "${from%%\"*}"
}

main() {
  local answer known
  answer="$(head -n 1 "$checked" 2>/dev/null)" || true
  known="$(tail -n +2 "$checked" 2>/dev/null)" || true
  if [[ -z "$answer" || "$known" != "$(mark "$(directory_in "$answer")" "$@")" ]]; then
    answer="$("$here/image.sh" "$@")"
    { printf '%s\n' "$answer" && mark "$(directory_in "$answer")" "$@"; } 2>/dev/null >"$checked" || true
  fi
  printf '%s\n' "$answer"
}

main "$@"
