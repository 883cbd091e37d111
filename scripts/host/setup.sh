#!/usr/bin/env bash
# Installs what the project needs on this machine; says what is missing where it cannot.
#
# usage: setup.sh [--tests]   --tests adds what the tests ask
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

main() {
  local lists=("$here/packages") packages missing
  [[ "${1:-}" != --tests ]] || lists+=("$here/packages-tests")
  mapfile -t packages < <(grep -hv '^#' "${lists[@]}")
  if ! command -v apt-get >/dev/null; then
    missing=()
    for command in virsh libvirtd qemu-system-x86_64 qemu-img mmdebstrap mkfs.ext4 nsenter unshare ip iptables arping ssh socat; do
      command -v "$command" >/dev/null || missing+=("$command")
    done
    ((${#missing[@]} == 0)) && return
    echo "setup: this is neither Debian nor Ubuntu; install what provides these commands: ${missing[*]}" >&2
    exit 1
  fi
  mapfile -t missing < <(missing_packages "${packages[@]}")
  ((${#missing[@]} > 0)) || return 0
  echo "setup: installing ${missing[*]}" >&2
  local as_root=() policy=/usr/sbin/policy-rc.d
  ((EUID == 0)) || as_root=(sudo)
  # The tests want the daemons' programs, not the daemons.
  if [[ "${1:-}" == --tests && ! -e "$policy" ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
    # shellcheck disable=SC2064 # as it is now
    trap "${as_root[*]} rm -f $policy" EXIT
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y "${missing[@]}" >/dev/null
}

main "$@"
