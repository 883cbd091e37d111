#!/usr/bin/env bash
# What every script on a guest shares: files are rendered whole, compared, installed, and acted on only when they changed.
set -euo pipefail

changes=()

say() { printf '%s\n' "$*" >&2; }

# install_file NAME DEST [MODE [OWNER:GROUP]]: true when DEST had to change. Few processes: each costs under emulation.
install_file() {
  local source="$1" dest="$2" mode="${3:-644}" owner="${4:-root:root}"
  if [[ "${LVS_UNFINISHED:-no}" == no && -f "$dest" ]] && cmp -s "$source" "$dest" && [[ "$(stat -c '%a %U:%G' "$dest")" == "$mode $owner" ]]; then
    return 1
  fi
  # Callers ask whether it changed, which switches errexit off.
  if ! { { [[ -d "${dest%/*}" ]] || mkdir -p "${dest%/*}"; } \
    && install -m "$mode" -o "${owner%:*}" -g "${owner#*:}" "$source" "$dest.new" \
    && mv "$dest.new" "$dest"; }; then
    say "$dest could not be laid down"
    exit 1
  fi
  changed "$dest"
}

# changed WHAT: notes a change; the last line of the script's output tells whether there was any.
changed() { changes+=("$1"); }

# start_unit UNIT: running now and at every boot. The link is what `systemctl enable` makes; where a unit has a SysV twin, that
# takes seven seconds on an emulated CPU.
start_unit() {
  local unit="$1" link="/etc/systemd/system/multi-user.target.wants/$1" folder=/lib/systemd/system
  if [[ ! -L "$link" ]]; then
    [[ ! -e "/etc/systemd/system/$unit" ]] || folder=/etc/systemd/system
    [[ -d "${link%/*}" ]] || mkdir -p "${link%/*}"
    ln -s "$folder/$unit" "$link"
    changed "$unit enabled"
  elif systemctl -q is-active "$unit"; then
    return
  fi
  systemctl start "$unit"
  changed "$unit started"
}

# set_fstab LINE: the only line for its mount point; true when it had to change. systemd reads it at the next boot: reloading
# it now would take seconds, and mount needs no unit.
set_fstab() {
  local line="$1" point
  point="$(awk '{ print $2 }' <<<"$line")"
  mkdir -p "$point"
  if grep -qxF "$line" /etc/fstab; then return 1; fi
  sed -i "\\| $point |d" /etc/fstab
  echo "$line" >>/etc/fstab
  changed /etc/fstab
}

# mount_data POINT OWNER:GROUP: the machine's data disk, now and at every boot.
mount_data() {
  set_fstab "/dev/vdb $1 ext4 noatime 0 2" || true
  mountpoint -q "$1" || mount "$1"
  [[ "$(stat -c %U:%G "$1")" == "$2" ]] || chown "$2" "$1"
}

# wait_for SECONDS COMMAND...: until the command succeeds, at most so long.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || {
      say "gave up waiting for: $*"
      return 1
    }
    sleep 0.3
  done
}

# lets_in ADDRESS: whether the new firewall has ssh from there. nft is asked itself, where no packet and no table is.
lets_in() {
  local family=ip type=ipv4_addr from
  [[ "$1" != *:* ]] || family=ip6 type=ipv6_addr
  from="$(sed -n "s/^ *$family saddr { \(.*\) } tcp dport 22 accept$/\1,/p" firewall.nft)"
  [[ -n "$from" ]] || return 1
  unshare --net bash -es -- "$1" "$type" "$from" <<'ASK'
nft "table inet ask { set from { type $2; flags interval; auto-merge; elements = { $3 }; }; }"
nft get element inet ask from "{ $1 }" >/dev/null 2>&1
ASK
}

# Where this ssh session comes from, into REPLY. sudo keeps no word of it, but who called that has one.
session_source() {
  local pid=$$ words word
  REPLY="${SSH_CONNECTION:-}"
  [[ ! -v SSH_CONNECTION ]] || pid=1
  while ((pid > 1)); do
    mapfile -d '' -t words <"/proc/$pid/environ"
    for word in "${words[@]}"; do [[ "$word" != SSH_CONNECTION=* ]] || REPLY="${word#*=}"; done
    [[ -z "$REPLY" ]] || break
    pid="$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")"
  done
  REPLY="${REPLY%% *}"
}

# The first thing that every job asks, before anything is laid down. Without an ssh session nobody is shut out.
refuse_lockout() {
  if [[ ! -e firewall.nft ]] || cmp -s firewall.nft /etc/nftables.conf; then return; fi
  session_source
  if [[ -z "$REPLY" ]] || lets_in "$REPLY"; then return; fi
  say "managementCidrs would lock you out: your ssh comes from $REPLY, and the new firewall lets nobody from there in at port 22." \
    "Nothing was laid down; write $REPLY there, or a network that it is in, or \"false\" as firewall"
  # lvs-apply's mark: this job left nothing half done.
  [[ "${LVS_UNFINISHED:-no}" == yes ]] || rm -f unfinished
  exit 1
}

# The machine's firewall comes with every job of a site that has one; Debian's nftables.service, which would load it a second
# time here, loads it at boot.
lay_down_firewall() {
  local link=/etc/systemd/system/multi-user.target.wants/nftables.service
  if [[ -e firewall.nft ]]; then
    if install_file firewall.nft /etc/nftables.conf; then nft -f /etc/nftables.conf; fi
    if [[ ! -L "$link" ]]; then
      [[ -d "${link%/*}" ]] || mkdir -p "${link%/*}"
      ln -s /lib/systemd/system/nftables.service "$link"
      changed "nftables.service enabled"
    fi
  elif [[ -L "$link" ]]; then
    # Not stopped: that would flush the tables of IPVS's marks too.
    rm -f "$link" /etc/nftables.conf
    nft delete table inet lvs_firewall
    changed "firewall taken away"
  fi
}

# Debian's own timers of unattended-upgrades, and where it looks; /etc/apt/apt.conf.d/60lvs-security says what it may install.
switch_updates() {
  local timer wants=/etc/systemd/system/multi-user.target.wants
  [[ ! -e sources.list ]] || install_file sources.list /etc/apt/sources.list || true
  for timer in apt-daily.timer apt-daily-upgrade.timer; do
    if [[ -e sources.list ]]; then
      start_unit "$timer"
    elif [[ -L "$wants/$timer" ]]; then
      rm "$wants/$timer"
      systemctl stop "$timer"
      changed "$timer stopped"
    fi
  done
}

# Last of all the firewall, which must not stand between a script and what it waits for; it is there already where somebody is
# waited for who has to come in.
finish() {
  local change
  # An image has the name servers of the host on which it was built.
  [[ ! -e resolv.conf ]] || install_file resolv.conf /etc/resolv.conf || true
  switch_updates
  lay_down_firewall
  for change in "${changes[@]}"; do say "changed $change"; done
  if ((${#changes[@]} > 0)); then echo changed; else echo unchanged; fi
}
