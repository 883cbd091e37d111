#!/usr/bin/env bash
# Installs the packages that the project needs on this machine, or says which commands are missing.
#
# usage: setup.sh [--tests]   --tests adds what the tests need
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"; }

# Without hardware virtualisation QEMU emulates. QEMU 10 starts a process in a guest four times as fast as Debian 12's QEMU 7.2
# (docs/performance.md). LVS_BACKPORTS=no keeps Debian 12's.
emulates_slowly() {
  [[ "${LVS_BACKPORTS:-yes}" != no ]] \
    && grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release \
    && ! grep -qwE 'vmx|svm' /proc/cpuinfo \
    && ! dpkg --compare-versions "$(dpkg-query -W -f '${Version}' qemu-system-x86 2>/dev/null)" ge 1:10
}

install_backports() {
  local list=/etc/apt/sources.list.d/lvs-backports.list mirror="${LVS_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
  echo "setup: this host has no hardware virtualisation; installing QEMU 10 from bookworm-backports ($list)" >&2
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" | as_root install -m 644 /dev/stdin "$list"
  if ! { apt update && apt install --no-install-recommends -y -t bookworm-backports "$@"; } >/dev/null; then
    as_root rm "$list"
    echo "setup: bookworm-backports cannot be used; Debian 12's QEMU 7.2 emulates more slowly (LVS_BACKPORTS=no: do not try again)" >&2
  fi
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
  if emulates_slowly; then install_backports qemu-system-x86 qemu-utils; fi
  mapfile -t missing < <(missing_packages "${packages[@]}")
  ((${#missing[@]} > 0)) || return 0
  echo "setup: installing ${missing[*]}" >&2
  local policy=/usr/sbin/policy-rc.d
  # The tests need the programs of the daemons, but no daemon may start.
  if [[ "${1:-}" == --tests && ! -e "$policy" ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
    # shellcheck disable=SC2064 # as it is now
    trap "as_root rm -f $policy" EXIT
  fi
  apt update >&2
  apt install --no-install-recommends -y "${missing[@]}" >/dev/null
}

main "$@"
