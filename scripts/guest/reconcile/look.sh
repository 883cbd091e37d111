#!/usr/bin/env bash
# The differences between this machine and what was laid down. Part of lvs-reconcile. It runs every few seconds, so what the kernel shows
# in files is read there, without a process.
# shellcheck disable=SC2154,SC2034 # shared with lvs-common.sh and lvs-reconcile

root="${LVS_ROOT:-}"
enabled="$root/etc/systemd/system/multi-user.target.wants"

# The differences, and for each one the command that repairs it, and for how many seconds it must last before that. Empty for what only a
# job can repair.
found=()
declare -A repair_of=() patience_of=()

# note DIFFERENCE [REPAIR [SECONDS]]
note() {
  found+=("$1")
  repair_of[$1]="${2:-}"
  patience_of[$1]="${3:-0}"
}

# Seconds after which everything is looked at again.
whole_seconds=30
# What files showed in the last look at everything that found no difference.
clean=""
next_whole=0

# Programs are asked only when what files show has changed, when there are differences, or when it is time again. nftables shows nothing in
# files, and neither do other machines.
look() {
  found=()
  look_at_sysctls
  look_at_mounts
  look_at_exports
  read_files
  if [[ "$REPLY" != "$clean" ]] || ((${#found[@]} > 0 || ${#since[@]} > 0 || EPOCHSECONDS >= next_whole)) || ! services_run; then
    look_at_everything "$REPLY"
  elif ((looks % 2 == 0)); then
    look_at_firewall
    look_for_others
  fi
}

look_at_everything() {
  clean=""
  look_at_lvs
  look_at_firewall
  look_for_others
  look_at_addresses
  look_at_units
  ((${#found[@]} > 0)) || clean="$1"
  next_whole=$((EPOCHSECONDS + whole_seconds))
}

# Sets REPLY to what files show of the IPVS table, addresses and routes, sysctls, health checks, drains and the VRRP role. It has no counters,
# and the age of health checks in steps.
read_files() {
  local lines=() line words file text began
  REPLY=""
  [[ ! -e /proc/net/ip_vs ]] || mapfile -t lines </proc/net/ip_vs
  for line in "${lines[@]}"; do
    read -ra words <<<"$line"
    [[ "${words[0]:-}" != "->" ]] || words=("${words[@]:0:4}")
    REPLY+="${words[*]}"$'\n'
  done
  for file in /proc/net/{fib_trie,if_inet6} /proc/sys/net/ipv4/conf/*/{arp_ignore,arp_announce,rp_filter} \
    "$conf"/{drained,leaving} "$run"/{vrrp/*,health/*/*}; do
    [[ -f "$file" ]] || continue
    IFS= read -r -d '' text <"$file" || true
    REPLY+="$text"
  done
  for file in "$run"/beats/*; do
    [[ -f "$file" ]] || continue
    began=0
    read -r began <"$file" || true
    REPLY+="$(((EPOCHSECONDS - began) / 16)) "
  done
}

# Units that had processes in the last look at everything. Each process is in its unit's control group.
with_processes=()

services_run() {
  local unit
  for unit in "${with_processes[@]}"; do has_processes "$unit" || return 1; done
}

has_processes() {
  local file lines
  for file in /sys/fs/cgroup/system.slice/{,*/}"$1"/cgroup.procs; do
    [[ -e "$file" ]] || continue
    mapfile -t lines <"$file"
    ((${#lines[@]} == 0)) || return 0
  done
  return 1
}

# A program that keeps a part of LVS knows what belongs there.
look_at_lvs() {
  local line
  [[ ! -e "$conf/director.conf" ]] || while IFS= read -r line; do
    # During a move of the VIPs, VRRP tells the role a moment later.
    case "$line" in
      *" floating addresses, "*) note "${line#*: }" "lvs-director settle" 6 ;;
      *) note "${line#*: }" "timeout 100 lvs-director start" ;;
    esac
  done < <(lvs-director status 2>&1 >/dev/null)
  [[ ! -e "$conf/real-server.conf" ]] || while IFS= read -r line; do
    note "${line#*: }" "timeout 100 lvs-real-server start"
  done < <(lvs-real-server status 2>&1 >/dev/null)
}

# What the last search found.
look_for_others() {
  local line
  [[ ! -e "$run/contested" ]] || while IFS= read -r line; do
    note "${line#*: }" "lvs-director announce"
  done <"$run/contested"
}

# Takes a second, in which neighbours may answer. The loop and --check may search at the same time.
search_for_others() {
  local result="$run/contested.$BASHPID"
  [[ -e "$conf/director.conf" ]] || return 0
  lvs-director contested >"$result" 2>&1 </dev/null || true
  mv "$result" "$run/contested"
}

look_at_sysctls() {
  local key value path now file="$root/etc/sysctl.d/60-lvs.conf"
  [[ -e "$file" ]] || return 0
  while IFS='=' read -r key value; do
    key="${key// /}" value="${value# }" now=""
    [[ -n "$key" && "$key" != "#"* ]] || continue
    path="/proc/sys/${key//./\/}"
    [[ ! -r "$path" ]] || read -r now <"$path" || true
    [[ "${now//$'\t'/ }" == "$value" ]] || note "$key is ${now:-not there}, not $value" "sysctl -q -w '$key=$value'"
  done <"$file"
}

look_at_mounts() {
  local source point type options mounted=" " where
  while read -r _ _ _ _ where _; do mounted+="$where "; done </proc/self/mountinfo
  [[ -e "$root/etc/fstab" ]] || return 0
  while read -r source point type options _; do
    [[ "$source" != "#"* && "$point" == /?* && "$mounted" != *" $point "* ]] || continue
    note "$point is not mounted" "mount_again '$source' '$point' '$type' '$options'"
  done <"$root/etc/fstab"
}

# An NFS server that is away is not waited for. A read-only bind mount is made elsewhere first, as the job does it. php-fpm has its own
# copy of the mounts.
mount_again() {
  local source="$1" point="$2" type="$3" options="$4" staged="/run/lvs/staged$2"
  if [[ "$type" == nfs4 ]] && ! timeout 3 bash -c ": <'/dev/tcp/${source%%:*}/2049'"; then
    return 1
  elif [[ "$options" == bind,ro* ]]; then
    mkdir -p "$staged" && mount -o "$options" "$source" "$staged" && mount --bind "$staged" "$point" && umount "$staged"
  else
    timeout 30 mount -t "$type" -o "$options" "$source" "$point"
  fi || return 1
  [[ "$point" != /wordpress* ]] || systemctl try-restart php8.2-fpm.service
}

# What nft lists after it has loaded a script, and the text of that script, by its path. Found in a network namespace without tables.
declare -A listing_of=() text_of=()

look_at_firewall() {
  local script text
  for script in "$root/etc/nftables.conf" "$conf"/{lvs,real-server}.nft; do
    [[ -s "$script" ]] || continue
    [[ "$script" != */etc/nftables.conf || -L "$enabled/nftables.service" ]] || continue
    IFS= read -r -d '' text <"$script" || true
    table_of "$script"
    [[ "${text_of[$script]:-}" == "$text" ]] || {
      # shellcheck disable=SC2016 # the inner bash expands them
      listing_of[$script]="$(unshare --net bash -ec 'nft -f "$0" && nft -st "list $1"' "$script" "$REPLY" 2>/dev/null)" || continue
      text_of[$script]="$text"
    }
    [[ "$(nft -st "list $REPLY" 2>/dev/null)" == "${listing_of[$script]}" ]] || note "nftables' $REPLY is not as in $script" "nft -f '$script'"
  done
}

# A line counts as there when ip's own line begins with it.
look_at_addresses() {
  local kind words addresses routes rules
  [[ -e "$conf/addresses" ]] || return 0
  addresses="$(ip -o address show)" routes=$'\n'"$(ip route show table all)" rules="$(ip rule show)"
  while read -r kind words; do
    case "$kind" in
      address) [[ "$addresses" == *" ${words#* dev } "*( )inet?(6)" ${words%% *} "* ]] || note "address $words is gone" "ip address replace $words" ;;
      route4 | route6) [[ "$routes" == *$'\n'"$words "* ]] || note "route $words is gone" "ip -${kind#route} route replace $words" ;;
      rule) [[ "$rules" == *"${words%% *}:"$'\t'"${words#* }"* ]] || note "routing rule $words is gone" "ip rule add priority $words" ;;
    esac
  done <"$conf/addresses"
}

# `inactive` is also a unit that still waits for its turn at boot: it has a job.
look_at_units() {
  local unit index now units=() states=()
  with_processes=()
  [[ -s "$conf/units" ]] || return 0
  mapfile -t units <"$conf/units"
  mapfile -t states < <(systemctl is-active "${units[@]}")
  for index in "${!units[@]}"; do
    unit="${units[index]}"
    ! has_processes "$unit" || with_processes+=("$unit")
    [[ "${states[index]:-}" == inactive || "${states[index]:-}" == failed ]] || continue
    now="$(systemctl show -p LoadState,Job "$unit")"
    [[ "$now" != *LoadState=masked* && ! "$now" =~ Job=[1-9] ]] || continue
    note "$unit is ${states[index]}" "systemctl reset-failed '$unit'; systemctl start --no-block '$unit'" 1
  done
}

look_at_exports() {
  local path address exported
  [[ -s "$root/etc/exports" && -e /var/lib/nfs/etab ]] || return 0
  exported="$(</var/lib/nfs/etab)"
  while read -r path address _; do
    [[ "$path" == /* ]] || continue
    [[ "$exported" == *"$path"[[:space:]]"${address%%(*}("* ]] || note "$path is not exported to ${address%%(*}" "exportfs -ra"
  done <"$root/etc/exports"
}

# The files of each job against those that are installed. `drained` follows drain and undrain.
look_at_files() {
  local job line
  for job in "$kept"/*/; do
    [[ -e "$job/lib.sh" ]] || continue
    while IFS= read -r line; do note "$line"; done < <(files_of_job "$job")
  done
}

files_of_job() (
  cd "$1"
  # shellcheck source=lib.sh
  source ./lib.sh
  [[ ! -e unfinished ]] || echo "a job was cut off: $(basename "$1")"
  for file in "${listed[@]}"; do
    [[ -e "$file" && "$file" != drained ]] || continue
    path="${path_of[$file]}"
    if [[ "${state_of[$path]:-}" != "${mode_of[$file]} ${owner_of[$file]}" ]] || ! same "$file" "$path"; then
      echo "$path is not as it was laid down"
    fi
  done
)
