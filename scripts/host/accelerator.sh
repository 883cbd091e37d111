#!/usr/bin/env bash
# usage: accelerator.sh trixie|bookworm|HASH   the image whose kernel is tried, as for image.sh
# Prints kvm when a kernel really boots under KVM within seconds, else qemu (emulation). That /dev/kvm can be opened proves nothing.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
seconds=10

# Boots the golden image's kernel without a disk. It panics, and panic=-1 with -no-reboot then ends qemu at once.
boots_under_kvm() {
  [[ -w /dev/kvm ]] || return 1
  timeout "$seconds" qemu-system-x86_64 -accel kvm -cpu host -machine q35 -m 256 -nographic -nodefaults -serial stdio -no-reboot \
    -kernel "$1/vmlinuz" -append "console=ttyS0 panic=-1 quiet" </dev/null 2>/dev/null | grep -q "Kernel panic"
}

# The answer is kept until the host boots again, or QEMU or the image changes.
main() {
  local directory mark known accelerator=qemu
  directory="$("$here/cached-image.sh" "$@" | sed 's/.*"directory":"\([^"]*\)".*/\1/')"
  mark="$(</proc/sys/kernel/random/boot_id) $(qemu-system-x86_64 --version | head -n 1) $directory"
  known="$(cat "${directory%/*}/accelerator" 2>/dev/null)" || true
  if [[ "${known% *}" == "$mark" ]]; then
    accelerator="${known##* }"
  else
    if boots_under_kvm "$directory"; then accelerator=kvm; fi
    printf '%s\n' "$mark $accelerator" >"${directory%/*}/accelerator" 2>/dev/null || true
  fi
  if [[ "$accelerator" == kvm ]]; then
    echo "accelerator: KVM" >&2
  else
    echo "accelerator: emulation, for no kernel booted under KVM within $seconds s; expect it about ten times slower" >&2
  fi
  printf %s "$accelerator"
}

main "$@"
