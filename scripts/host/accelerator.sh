#!/usr/bin/env bash
# usage: accelerator.sh [HASH]   HASH: the image whose kernel is tried. Prints kvm when a kernel really boots under it within seconds, else qemu (emulation). A /dev/kvm that opens is no proof.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
seconds=10

# The golden image's kernel without a disk: it panics, and with panic=-1 and -no-reboot that ends qemu at once.
boots_under_kvm() {
  [[ -w /dev/kvm ]] || return 1
  timeout "$seconds" qemu-system-x86_64 -accel kvm -cpu host -machine q35 -m 256 -nographic -nodefaults -serial stdio -no-reboot \
    -kernel "$1/vmlinuz" -append "console=ttyS0 panic=-1 quiet" </dev/null 2>/dev/null | grep -q "Kernel panic"
}

# The answer stays until the host boots again, or has another QEMU or image.
main() {
  local directory mark known accelerator=qemu
  directory="$("$here/image.sh" "$@" | sed 's/.*"directory":"\([^"]*\)".*/\1/')"
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
