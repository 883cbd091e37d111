#!/usr/bin/env bash
# Sourced by the jobs of NFS server and database: they serve a real server that is removed for as long as the director drains it.

# serve_leaving PORT SECONDS ADDRESS...: loads the new firewall at once, with these addresses added, and waits. `finish` loads the exact
# one.
serve_leaving() {
  local port="$1" seconds="$2"
  shift 2
  if [[ -e firewall.nft ]] && ! same firewall.nft /etc/nftables.conf; then
    cp firewall.nft leaving.nft
    printf "add rule inet lvs_firewall input ip saddr %s tcp dport $port accept\n" "$@" >>leaving.nft
    nft -f leaving.nft
  fi
  say "serving $* for $seconds s more"
  sleep "$seconds"
}
