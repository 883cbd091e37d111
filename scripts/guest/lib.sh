#!/usr/bin/env bash
# What every job shares. Files are rendered whole, compared with what is installed, and acted on only when they changed.
set -euo pipefail

changes=()
# Links to the units that run at every boot.
wants=/etc/systemd/system/multi-user.target.wants

# The manifest of the job (templates/placements.ts): the place, mode and owner of each file, the unit that reads it, and whether it
# stays on the machine when a later job does not have it.
listed=()
declare -A path_of=() mode_of=() owner_of=() unit_of=() stays_of=()
# Mode and owner of each path as the machine has it, all by one process.
declare -A state_of=()
# The units whose files changed.
changed_units=()

read_manifest() {
  local file path mode owner unit stays
  while read -r file path mode owner unit stays; do
    listed+=("$file")
    path_of[$file]="$path" mode_of[$file]="$mode" owner_of[$file]="$owner" unit_of[$file]="$unit" stays_of[$file]="$stays"
  done <manifest
  while read -r path mode owner; do
    state_of[$path]="$mode $owner"
  done < <(stat -c '%n %a %U:%G' "${path_of[@]}" 2>/dev/null)
}

say() { printf '%s\n' "$*" >&2; }

# same FILE OTHER: whether two text files are equal. Without a process: each costs up to 40 ms under emulation.
same() {
  local one other
  [[ -f "$2" ]] || return 1
  IFS= read -r -d '' one <"$1" || true
  IFS= read -r -d '' other <"$2" || true
  [[ "$one" == "$other" ]]
}

# put FILE PATH MODE OWNER:GROUP. A new file of root's that all may read needs no process.
put() {
  local file="$1" path="$2" mode="$3" owner="$4" text
  if [[ "$mode $owner" == "644 root:root" && -d "${path%/*}" && ! -e "$path" && ! -L "$path" ]]; then
    IFS= read -r -d '' text <"$file" || true
    printf %s "$text" >"$path"
  else
    install -D -m "$mode" -o "${owner%:*}" -g "${owner#*:}" "$file" "$path.new" && mv "$path.new" "$path"
  fi
}

# install_file FILE PATH [MODE [OWNER:GROUP]]: true when it had to change. After a run that was cut off, every file counts as changed.
install_file() {
  local file="$1" path="$2" mode="${3:-644}" owner="${4:-root:root}" state="${state_of[$2]:-}"
  [[ -n "$state" || ! -e "$path" ]] || state="$(stat -c '%a %U:%G' "$path" 2>/dev/null)" || true
  if [[ "${LVS_UNFINISHED:-no}" == no && "$state" == "$mode $owner" ]] && same "$file" "$path"; then
    return 1
  fi
  # Callers ask whether it changed, which switches errexit off.
  put "$file" "$path" "$mode" "$owner" || {
    say "$path could not be installed"
    exit 1
  }
  state_of[$path]="$mode $owner"
  changed "$path"
}

# lay_down FILE...: installs those of the files that this job has; true when one of them changed.
lay_down() {
  local file result=1
  for file in "$@"; do
    [[ -e "$file" ]] || continue
    if install_file "$file" "${path_of[$file]}" "${mode_of[$file]}" "${owner_of[$file]}"; then
      changed_units+=("${unit_of[$file]}")
      result=0
    fi
  done
  return "$result"
}

# take_away [FILE...]: removes those of the files, or of all files of the manifest, that this job does not have.
take_away() {
  local file
  (($# > 0)) || set -- "${listed[@]}"
  for file in "$@"; do
    [[ ! -e "$file" && "${stays_of[$file]}" == - && -e "${path_of[$file]}" ]] || continue
    rm "${path_of[$file]}"
    changed "${path_of[$file]} removed"
  done
}

# A static site's first page, in the folder that the file master names. Whatever is in the folder afterwards belongs to the site.
lay_down_first_page() {
  local pages
  pages="$(<master)"
  [[ -e "$pages" ]] || install_file index.html "$pages/index.html"
}

# is_installed FILE: whether this machine has the file, from this job or an earlier one.
is_installed() { [[ -e "${path_of[$1]}" ]]; }

# changed WHAT: notes a change; the last line of the script's output tells whether there was any.
changed() { changes+=("$1"); }

# has_line TEXT LINE: whether LINE is one of the lines.
has_line() { [[ $'\n'"$1"$'\n' == *$'\n'"$2"$'\n'* ]]; }

# enable_unit UNIT: it will run after every boot. `systemctl enable` makes the same link, but takes seven seconds on an emulated CPU for
# a unit that also has a SysV script.
enable_unit() {
  local unit="$1" file="${1/@*./@.}" folder=/lib/systemd/system
  [[ ! -L "$wants/$unit" ]] || return 0
  [[ ! -e "/etc/systemd/system/$file" ]] || folder=/etc/systemd/system
  [[ -d "$wants" ]] || mkdir -p "$wants"
  ln -s "$folder/$file" "$wants/$unit"
  changed "$unit enabled"
}

# start_unit UNIT: starts it now and at every boot.
start_unit() {
  if [[ -L "$wants/$1" ]] && systemctl -q is-active "$1"; then return; fi
  enable_unit "$1"
  systemctl start "$1"
  changed "$1 started"
}

# Undoes start_unit. The link goes last, so that a run that was cut off is made up for by the next one.
stop_unit() {
  [[ -L "$wants/$1" ]] || return 0
  systemctl stop "$1"
  rm "$wants/$1"
  changed "$1 stopped"
}

# set_fstab LINE: makes it the only line for its mount point; true when it had to change. systemd reads it at the next boot: a reload now
# would take seconds, and mount needs no unit.
set_fstab() {
  local line="$1" point fstab
  read -r _ point _ <<<"$line"
  [[ -d "$point" ]] || mkdir -p "$point"
  fstab="$(</etc/fstab)"
  if has_line "$fstab" "$line"; then return 1; fi
  [[ "$fstab" != *" $point "* ]] || sed -i "\\| $point |d" /etc/fstab
  echo "$line" >>/etc/fstab
  changed /etc/fstab
}

# mount_data POINT OWNER:GROUP: mounts the machine's data disk, now and at every boot.
mount_data() {
  set_fstab "/dev/vdb $1 ext4 noatime 0 2" || true
  mountpoint -q "$1" || mount "$1"
  [[ "$(stat -c %U:%G "$1")" == "$2" ]] || chown "$2" "$1"
}

# wait_for SECONDS COMMAND...: repeats the command until it succeeds, for at most that long.
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

# lets_in ADDRESS: whether the new firewall accepts ssh from there, by the job's list of sources. nft decides, in a network namespace
# without packets and tables.
lets_in() {
  local type=ipv4_addr from
  # For an address that is in the list itself, nft is not needed.
  from="$(<ssh-sources)"
  if has_line "$from" "$1"; then return; fi
  if [[ "$1" == *:* ]]; then
    type=ipv6_addr from="$(grep : ssh-sources)"
  else
    from="$(grep -v : ssh-sources)"
  fi
  [[ -n "$from" ]] || return 1
  unshare --net bash -es -- "$1" "$type" "${from//$'\n'/, }" <<'ASK'
nft "table inet ask { set from { type $2; flags interval; auto-merge; elements = { $3 }; }; }"
nft get element inet ask from "{ $1 }" >/dev/null 2>&1
ASK
}

# Sets REPLY to the address that this ssh session comes from. sudo removes the variable, but a parent process has it.
session_source() {
  local pid=$$ words word
  REPLY="${SSH_CONNECTION:-}"
  [[ ! -v SSH_CONNECTION ]] || pid=1
  while ((pid > 1)); do
    mapfile -d '' -t words <"/proc/$pid/environ"
    for word in "${words[@]}"; do [[ "$word" != SSH_CONNECTION=* ]] || REPLY="${word#*=}"; done
    [[ -z "$REPLY" ]] || break
    while read -r word pid _; do [[ "$word" != PPid: ]] || break; done <"/proc/$pid/status"
  done
  REPLY="${REPLY%% *}"
}

# Every job begins with this, before it installs anything. Without an ssh session nobody can be locked out.
refuse_lockout() {
  if [[ ! -e firewall.nft ]] || same firewall.nft /etc/nftables.conf; then return; fi
  session_source
  if [[ -z "$REPLY" ]] || lets_in "$REPLY"; then return; fi
  say "managementCidrs would lock you out: your ssh comes from $REPLY, and the new firewall lets nobody from there in at port 22." \
    "Nothing was laid down; write $REPLY there, or a network that it is in, or \"false\" as firewall"
  # The mark of lvs-apply: this job has left nothing half done.
  [[ "${LVS_UNFINISHED:-no}" == yes ]] || rm -f unfinished
  exit 1
}

# Every job of a site with a firewall brings it. At boot, Debian's nftables.service loads it; starting the unit here would load it twice.
lay_down_firewall() {
  local link="$wants/nftables.service"
  if [[ -e firewall.nft ]]; then
    if lay_down firewall.nft; then nft -f /etc/nftables.conf; fi
    enable_unit nftables.service
  elif [[ -L "$link" ]]; then
    # The unit is not stopped, because that would flush all tables, also those with firewall marks.
    rm -f "$link" /etc/nftables.conf
    nft delete table inet lvs_firewall
    changed "firewall taken away"
  fi
}

# Debian's timers of unattended-upgrades, and the apt sources. /etc/apt/apt.conf.d/60lvs-security says what may be installed.
switch_updates() {
  local timer sources VERSION_CODENAME
  if [[ -e sources.list ]]; then
    source /etc/os-release
    sources="$(<sources.list)"
    printf '%s\n' "${sources//%SUITE%/$VERSION_CODENAME}" >sources.list
  fi
  lay_down sources.list || true
  for timer in apt-daily.timer apt-daily-upgrade.timer; do
    if [[ -e sources.list ]]; then start_unit "$timer"; else stop_unit "$timer"; fi
  done
}

# Repairs wait until the job has ended. The link of the unit is also what tells that this machine repairs itself.
keep_reconciled() {
  local file changed_now stale=no
  lay_down units addresses lvs-common.sh look.sh lvs-reconcile lvs-reconcile.service || true
  if [[ ! -e lvs-reconcile.service ]]; then
    stop_unit lvs-reconcile.service
    return
  fi
  changed_now=" ${changes[*]} "
  for file in lvs-common.sh look.sh lvs-reconcile lvs-reconcile.service; do
    [[ "$changed_now" != *" ${path_of[$file]} "* ]] || stale=yes
  done
  if [[ "$stale" == yes ]] && systemctl -q is-active lvs-reconcile.service; then
    systemctl daemon-reload
    systemctl restart lvs-reconcile.service
  fi
  start_unit lvs-reconcile.service
}

# Ends a job. The firewall is loaded last, so that it does not block what the script waits for. A script that waits for an inbound
# connection has loaded it already.
finish() {
  local change
  # The image has the name servers of the host on which it was built.
  lay_down resolv.conf || true
  switch_updates
  lay_down_firewall
  keep_reconciled
  take_away
  for change in "${changes[@]}"; do say "changed $change"; done
  if ((${#changes[@]} > 0)); then echo changed; else echo unchanged; fi
}

[[ ! -e manifest ]] || read_manifest
