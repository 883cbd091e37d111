#!/usr/bin/env bash
# Prints the path of a Pulumi CLI that has all plugins that the program needs, and downloads what is missing. Exits 1 with the reason when
# that fails. With the path of a libvirt provider binary as argument, that provider is not downloaded. Everything is downloaded here,
# because the hypervisor's namespace has no route to the outside.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
project="$(cd "$here/../.." && pwd)"
engine="$project/.lvs/engine"

die() {
  printf '%s\n' "$1" >&2
  exit 1
}

# PATH first, then the official npm package, which downloads the CLI on first use.
find_cli() {
  local cli
  if command -v pulumi; then return; fi
  cli="$engine/node_modules/.bin/pulumi"
  if [[ ! -x "$cli" ]]; then
    npm install --prefix "$engine" --no-audit --no-fund --loglevel=error pulumi >/dev/null 2>&1 \
      || die "the npm package pulumi could not be installed"
  fi
  timeout 300 "$cli" version </dev/null >/dev/null 2>&1 || die "the npm package pulumi could not download the CLI"
  echo "$cli"
}

version_of() { node -p "require('$project/package.json').dependencies['@pulumi/$1']"; }

# The libvirt provider comes through the terraform-provider bridge, which downloads it when its schema is asked for.
fetch_plugins() {
  local cli="$1" provider_binary="$2" plugin libvirt bridge
  for plugin in command random tls; do
    "$cli" plugin install resource "$plugin" "$(version_of "$plugin")" >/dev/null 2>&1 || die "the $plugin plugin could not be installed"
  done
  bridge="$(sed -n 's/^const bridge = .*version: "\(.*\)".*/\1/p' "$project/sdks/libvirt/index.ts")"
  libvirt="$(node -p "require('$project/sdks/libvirt/package.json').version")"
  "$cli" plugin install resource terraform-provider "$bridge" >/dev/null 2>&1 || die "the terraform-provider plugin could not be installed"
  [[ -z "$provider_binary" ]] || return 0
  "$cli" package get-schema "terraform-provider@$bridge" dmacvicar/libvirt "$libvirt" >/dev/null 2>&1 \
    || die "the libvirt provider could not be downloaded"
}

main() {
  local cli ready
  cli="$(find_cli)"
  ready="$engine/ready-$(printf '%s' "$cli" "$("$cli" version)" "${1:-}" "$(<"$project/package-lock.json")" | sha256sum | cut -c1-12)"
  if [[ ! -e "$ready" ]]; then
    fetch_plugins "$cli" "${1:-}"
    mkdir -p "$engine"
    touch "$ready"
  fi
  echo "$cli"
}

main "$@"
