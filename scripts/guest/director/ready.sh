#!/usr/bin/env bash
# Whether a real server is ready for clients. Sourced by lvs-director and by the director's job.

# is_ready RIP:PORT tcp, or is_ready RIP:PORT URL HOST. curl starts only once the port is open, because it takes half a second of an
# emulated CPU.
is_ready() {
  local asked="$1" address
  [[ "$2" == tcp ]] || asked="${2#*://}"
  asked="${asked%%/*}"
  address="${asked%:*}"
  address="${address#[}"
  if ! timeout 10 bash -c ": <'/dev/tcp/${address%]}/${asked##*:}'" 2>/dev/null \
    || { [[ "$2" != tcp ]] && ! curl -kfsS -o /dev/null --max-time 10 -H "Host: $3" "$2" 2>/dev/null; }; then
    sleep 1
    return 1
  fi
}
