#!/usr/bin/env bash
# The differences between this machine and what was laid down. Part of lvs-reconcile. It runs every few seconds, so it starts no process
# where nothing has changed: the kernel tells of changes by itself, or shows them in files.
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

# Seconds after which everything is looked at again, and after which programs are asked about what shows neither in files nor in events.
whole_seconds=300 quiet_seconds=15
# What files and programs showed in the last look at everything that found no difference.
clean="" quiet=""
next_whole=0 next_quiet=0

look() {
  local files
  found=()
  look_at_sysctls
  look_at_mounts
  look_at_exports
  read_files
  files="$REPLY"
  if [[ "$events" == yes || "$files" != "$clean" ]] || ((${#found[@]} > 0 || ${#since[@]} > 0 || EPOCHSECONDS >= next_whole)) \
    || ! services_run || ! is_quiet; then
    look_at_everything "$files"
  fi
  look_for_others
}

# look_at_everything FILES: what files showed before this look.
look_at_everything() {
  events=no clean=""
  read_quiet
  quiet="$REPLY"
  look_at_lvs
  look_at_firewall
  look_at_addresses
  look_at_units
  ((${#found[@]} > 0)) || clean="$1"
  next_whole=$((EPOCHSECONDS + whole_seconds)) next_quiet=$((EPOCHSECONDS + quiet_seconds))
}

# Sets REPLY to what only programs tell: timeouts, sync daemons, flags and thresholds of IPVS, and units without a process, such as timers.
read_quiet() {
  local units=()
  [[ ! -s "$conf/units" ]] || mapfile -t units <"$conf/units"
  REPLY="$(
    [[ ! -e "$conf/director.conf" ]] || read_ipvs
    ((${#units[@]} == 0)) || systemctl is-active "${units[@]}"
  )" || true
}

# Without counters.
read_ipvs() {
  local words
  ipvsadm -Ln --timeout && ipvsadm -Ln --daemon && ipvsadm -Sn
  [[ "$(<"$conf/ipvs.rules")" != *" -x "* ]] || while read -ra words; do
    echo "${words[@]:0:4}"
  done < <(ipvsadm -Ln --thresholds)
}

is_quiet() {
  ((EPOCHSECONDS >= next_quiet)) || return 0
  next_quiet=$((EPOCHSECONDS + quiet_seconds))
  read_quiet
  [[ "$REPLY" == "$quiet" ]]
}

# Sets REPLY to what files show of the IPVS table, tunnels, health checks, drains and the VRRP role, and of overdue checks. It has no
# counters.
read_files() {
  local lines=() line words file text
  REPLY=""
  [[ ! -e /proc/net/ip_vs ]] || mapfile -t lines </proc/net/ip_vs
  for line in "${lines[@]}"; do
    read -ra words <<<"$line"
    [[ "${words[0]:-}" != "->" ]] || words=("${words[@]:0:4}")
    REPLY+="${words[*]}"$'\n'
  done
  for file in /proc/sys/net/ipv4/conf/*/rp_filter "$conf"/{drained,leaving} "$run"/{vrrp/*,health/*/*}; do
    [[ -f "$file" ]] || continue
    IFS= read -r -d '' text <"$file" || true
    REPLY+="$text"
  done
  text="$REPLY"
  if are_checks_overdue; then text+="$REPLY is overdue"; fi
  REPLY="$text"
}

# The list of processes of each unit that had some in the last look at everything: those of its control group.
process_lists=()

services_run() {
  local list
  for list in "${process_lists[@]}"; do has_line_in "$list" || return 1; done
}

has_line_in() { [[ -e "$1" ]] && read -r _ <"$1"; }

# A program that keeps a part of LVS knows what belongs there.
look_at_lvs() {
  local line
  [[ ! -e "$conf/director.conf" ]] || while IFS= read -r line; do
    # During a move of the VIPs, VRRP tells the role a moment later.
    case "$line" in
      *" floating addresses, "*) note "${line#*: }" "lvs-director settle" 20 ;;
      # systemd may be about to start it again.
      *": keepalived does not run" | *": ldirectord does not run")
        line="${line#*: }"
        is_masked "${line%% *}.service" || note "$line" "timeout 100 lvs-director repair" 20
        ;;
      *) note "${line#*: }" "timeout 100 lvs-director repair" ;;
    esac
  done < <(lvs-director status 2>&1 >/dev/null)
  [[ ! -e "$conf/real-server.conf" ]] || while IFS= read -r line; do
    note "${line#*: }" "timeout 100 lvs-real-server start"
  done < <(lvs-real-server status 2>&1 >/dev/null)
}

is_masked() { [[ "$root/etc/systemd/system/$1" -ef /dev/null ]]; }

search_pid=""

begin_search() {
  search_for_others &
  search_pid=$!
}

search_and_look() {
  begin_search
  look
}

# What the last search found.
look_for_others() {
  local line
  [[ -z "$search_pid" ]] || wait "$search_pid" || true
  search_pid=""
  [[ ! -e "$run/contested" ]] || while IFS= read -r line; do
    note "$line" "lvs-director announce"
  done <"$run/contested"
}

# Searches for other machines that answer for a VIP that this director holds. Takes a second, in which they may answer.
search_for_others() (
  [[ -e "$conf/director.conf" ]] || return 0
  VIPS="" FLOATING=""
  # shellcheck source=/dev/null
  source "$conf/director.conf"
  IFS= read -r -d '' trie </proc/net/fib_trie || true
  others="$(
    for vip in $VIPS $FLOATING; do
      is_local "${vip%@*}" "$trie" && other_holder "$vip" &
    done
    wait
  )"
  if [[ -n "$others" ]]; then printf '%s\n' "$others" >"$run/contested"; else rm -f "$run/contested"; fi
)

# is_local ADDRESS TRIE: whether it is an IPv4 address of this machine, as /proc/net/fib_trie shows it.
is_local() {
  local pattern="-- $1"$'\n'" +/32 host LOCAL"
  [[ "$1" != *:* && "$2" =~ $pattern ]]
}

# other_holder ADDRESS@DEVICE: asks as duplicate address detection does (RFC 5227). Real servers, which hold the VIPs too, do not answer.
other_holder() {
  local answer pattern='reply from [^ ]+ \[([0-9A-Fa-f:]+)\]'
  answer="$(arping -D -c 1 -w 1 -I "${1#*@}" "${1%@*}" 2>/dev/null)" || true
  [[ ! "$answer" =~ $pattern ]] || echo "another machine, ${BASH_REMATCH[1],,}, answers for VIP ${1%@*}"
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

# The text of mountinfo(5), and its mount points.
mounts="" mounted=""

look_at_mounts() {
  local source point type options where text
  IFS= read -r -d '' text </proc/self/mountinfo || true
  [[ "$text" == "$mounts" ]] || {
    mounts="$text" mounted=" "
    while read -r _ _ _ _ where _; do mounted+="$where "; done <<<"$text"
  }
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
  [[ "$point" != /wordpress* ]] || systemctl try-restart php-fpm.service
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

# A line counts as there when ip's own line begins with it. ip names the table of a route unless it is `main`.
look_at_addresses() {
  local kind words line addresses rules known routes=$'\n' main_routes=$'\n'
  [[ -e "$conf/addresses" ]] || return 0
  addresses="$(ip -o address show)" rules="$(ip rule show)"
  while IFS= read -r line; do
    routes+="$line "$'\n'
    [[ "$line" == *" table "* ]] || main_routes+="$line "$'\n'
  done < <(ip route show table all)
  while read -r kind words; do
    case "$kind" in
      address) [[ "$addresses" == *" ${words#* dev } "*( )inet?(6)" ${words%% *} "* ]] || note "address $words is gone" "ip address replace $words" ;;
      route4 | route6)
        if [[ "$words" == *" table "* ]]; then known="$routes"; else known="$main_routes"; fi
        [[ "$known" == *$'\n'"$words "* ]] || note "route $words is gone" "ip -${kind#route} route replace $words"
        ;;
      rule) [[ "$rules" == *"${words%% *}:"$'\t'"${words#* }"* ]] || note "routing rule $words is gone" "ip rule add priority $words" ;;
    esac
  done <"$conf/addresses"
}

# `inactive` is also a unit that still waits for its turn at boot: it has a job.
look_at_units() {
  local unit list index now units=() states=()
  process_lists=()
  [[ -s "$conf/units" ]] || return 0
  mapfile -t units <"$conf/units"
  mapfile -t states < <(systemctl is-active "${units[@]}")
  for index in "${!units[@]}"; do
    unit="${units[index]}"
    # The control group has the unit's own name, with PHP's version. The pattern is unquoted on purpose.
    # shellcheck disable=SC2231
    for list in /sys/fs/cgroup/system.slice/{,*/}${unit/#php-fpm/php*-fpm}/cgroup.procs; do
      ! has_line_in "$list" || process_lists+=("$list")
    done
    [[ "${states[index]:-}" == inactive || "${states[index]:-}" == failed ]] || continue
    now="$(systemctl show -p LoadState,Job "$unit")"
    [[ "$now" != *LoadState=masked* && ! "$now" =~ Job=[1-9] ]] || continue
    note "$unit is ${states[index]}" "systemctl reset-failed '$unit'; systemctl start --no-block '$unit'" 1
  done
}

# Only a job copies the primary anew, because that replaces the content of this machine.
look_at_replica() {
  local line
  [[ ! -e "$conf/mysql.conf" ]] || while IFS= read -r line; do note "$line"; done < <(replication_fault)
}

# Such as: the primary does not keep its log any more from where this replica stopped.
replication_fault() (
  # shellcheck source=mysql-server/mysql-state.sh
  source "${LVS_LIB:-/usr/local/lib/lvs}/mysql-state.sh"
  see_slave 2>/dev/null
  [[ -n "${slave[Master_Host]:-}" ]] || return 0
  is_intact || echo "replication cannot go on: ${slave[Last_SQL_Error]:-${slave[Last_IO_Error]:-it is stopped}}"
)

look_at_exports() {
  local path address exported
  [[ -s "$root/etc/exports" && -e /var/lib/nfs/etab ]] || return 0
  exported="$(</var/lib/nfs/etab)"
  while read -r path address _; do
    [[ "$path" == /* ]] || continue
    [[ "$exported" == *"$path"[[:space:]]"${address%%(*}("* ]] || note "$path is not exported to ${address%%(*}" "exportfs -ra"
  done <"$root/etc/exports"
}

# The files of each job against those that are installed. A job that runs has not installed all of them yet.
look_at_jobs() {
  local job line
  flock -w 3 "$kept/.lock" true || {
    note "a job runs"
    return
  }
  for job in "$kept"/*/; do
    [[ -e "$job/lib.sh" ]] || continue
    while IFS= read -r line; do note "$line"; done < <(files_of_job "$job")
  done
}

# `drained` follows drain and undrain.
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
