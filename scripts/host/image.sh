#!/usr/bin/env bash
# Builds the golden image once per recipe and prints where it is, as one line of JSON.
#
# usage: image.sh trixie|bookworm   the image of that Debian release by the recipe here
#        image.sh HASH              the image of that recipe, which must be in the cache unless the recipe here makes it
# The cache is keyed by the hash of the recipe (this file, everything in image/, and the suite) and checksummed; a damaged
# cache is built again. Files: root.qcow2 (every role's packages), www.qcow2 and mysql.qcow2 (what the data disks of the
# NFS and the MySQL server start with), vmlinuz and initrd (machines boot the kernel directly).
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache_root="${LVS_CACHE:-$here/../../.lvs/images}"
needed_mib=4096

say() { printf '%s\n' "image: $*" >&2; }
die() {
  say "$*"
  exit 1
}

# recipe_hash SUITE
recipe_hash() {
  local files
  files="$(cd "$here" && find image.sh image ../guest/apply.sh -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)"
  printf '%s\n' "$files" "$1" | sha256sum | cut -c1-12
}

is_sound() {
  [[ -f "$1/SHA256SUMS" ]] && (cd "$1" && sha256sum --status -c SHA256SUMS 2>/dev/null)
}

# deb.debian.org, or the mirror that LVS_DEBIAN_MIRROR names; its security archive lies beside it as MIRROR-security.
sources() {
  local suite="$1" debian="${LVS_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
  printf 'deb %s main\n' "$debian $suite" "$debian $suite-updates" "$debian-security $suite-security"
}

# prune KEPT: removes images of other recipes that no stack file names; a running stack has a copy of its own.
prune() {
  local image kept=" $1 "
  for image in "$cache_root"/*/; do
    image="$(basename "$image")"
    [[ "$kept" == *" $image "* ]] || grep -qs "hash: [\"']\?$image" "$here"/../../{Pulumi.*,labs/*}.yaml || rm -rf "${cache_root:?}/$image"
  done
}

require_space() {
  local free
  free="$(df --output=avail -m "$1" | tail -n 1)"
  ((free >= needed_mib)) || die "$1 has ${free// /} MiB free, building the image takes $needed_mib MiB: free some space or set LVS_CACHE to a folder on a larger disk"
}

# A disk holding a tree; qcow2 keeps only what is written.
make_disk() {
  local tree="$1" size="$2" file="$3"
  truncate -s "$size" "$file.raw"
  mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -d "$tree" "$file.raw"
  qemu-img convert -q -f raw -O qcow2 "$file.raw" "$file"
  rm "$file.raw"
}

build() {
  local suite="$1" out="$2" program packages
  for program in mmdebstrap mkfs.ext4 qemu-img; do
    command -v "$program" >/dev/null || die "$program is missing: run scripts/host/setup.sh"
  done
  work="$(mktemp -d "$cache_root/build.XXXXXX")"
  trap 'rm -rf "$work"' EXIT
  packages="$(grep -v '^#' "$here/image/packages" | paste -sd,)"

  say "installing Debian packages ($suite)"
  # shellcheck disable=SC2016 # mmdebstrap gives each hook the tree as $1
  mmdebstrap --quiet --variant=minbase --mode=root --include="$packages" \
    --aptopt='Acquire::Languages "none"' --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt=path-exclude=/usr/share/{doc,man,locale,info}/* \
    --essential-hook='mkdir -p "$1/etc/tiny-initramfs" && echo "auto_modules=no" > "$1/etc/tiny-initramfs/tiny-initramfs.conf"' \
    --customize-hook="copy-in '$here/image/overlay/.' /" \
    --customize-hook="upload '$here/../guest/apply.sh' /usr/local/sbin/lvs-apply" --customize-hook='chmod 755 "$1/usr/local/sbin/lvs-apply"' \
    --customize-hook="copy-in '$here/image/prepare' /root" \
    --customize-hook='chroot "$1" bash /root/prepare/prepare.sh && rm -r "$1/root/prepare"' \
    "$suite" "$work/root" "$(sources "$suite")"

  say "making disks"
  mv "$work/root/boot/vmlinuz-"* "$work/vmlinuz"
  mv "$work/root/boot/initrd.lvs" "$work/initrd"
  rm -rf "$work/root/boot/"*
  make_disk "$work/root/data/www" 32G "$work/www.qcow2"
  make_disk "$work/root/data/mysql" 16G "$work/mysql.qcow2"
  rm -rf "$work/root/data"
  make_disk "$work/root" 8G "$work/root.qcow2"
  rm -rf "$work/root"
  (cd "$work" && sha256sum -- * >SHA256SUMS)
  chmod 755 "$work"
  rm -rf "$out"
  mv "$work" "$out"
}

main() {
  local suite="$1" trixie bookworm hash out
  trixie="$(recipe_hash trixie)" bookworm="$(recipe_hash bookworm)"
  case "$suite" in
    trixie | "$trixie") suite=trixie hash="$trixie" ;;
    bookworm | "$bookworm") suite=bookworm hash="$bookworm" ;;
    *) suite="" hash="$1" ;;
  esac
  mkdir -p "$cache_root"
  cache_root="$(cd "$cache_root" && pwd)"
  out="$cache_root/$hash"
  # The image's files belong to root and others.
  if ((EUID != 0)) && ! is_sound "$out"; then
    exec sudo env LVS_CACHE="$cache_root" LVS_DEBIAN_MIRROR="${LVS_DEBIAN_MIRROR:-}" "$here/image.sh" "$@"
  fi
  # Whoever builds holds the lock, its children too: what lies here under it was left by a build that was killed.
  exec 9>"$cache_root/lock"
  flock 9
  ((EUID != 0)) || rm -rf --one-file-system "$cache_root"/build.*
  if [[ -d "$out" ]] && ! is_sound "$out"; then
    say "the cached image $out is damaged: building it again"
    rm -rf "$out"
  fi
  if [[ ! -d "$out" ]]; then
    [[ -n "$suite" ]] || die "there is no image $hash in $cache_root, and the recipe here makes $trixie (trixie) and $bookworm (bookworm): check out the commit that made it, or take image.hash out of the stack file"
    require_space "$cache_root"
    build "$suite" "$out"
    prune "$trixie $bookworm"
  fi
  printf '{"hash":"%s","directory":"%s"}\n' "$hash" "$out"
}

main "$@"
