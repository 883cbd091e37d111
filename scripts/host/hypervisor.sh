#!/usr/bin/env bash
# Gives this checkout a hypervisor: the system's libvirtd where one runs, else a private one in its own namespaces.
#
# usage: hypervisor.sh start          starts the private one if it is needed; prints "system" or "private"
#        hypervisor.sh stop           ends the private one, unless a stack runs on it or another process that called start still runs
#        hypervisor.sh exec COMMAND   runs a command where qemu:///system is that hypervisor and its guests answer
#        hypervisor.sh kind           prints "system", "private" or "none"
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
project="$(cd "$here/../.." && pwd)"
state="$project/.lvs/hypervisor"
netns="lvs-$(printf '%s' "$project" | sha256sum | cut -c1-8)"
# One file for each process that called start, named by its pid.
users="$state/users"
lock="$project/.lvs/hypervisor.lock"
private_folders=(etc/libvirt var/lib/libvirt var/log/libvirt run/libvirt)
# libvirtd takes seconds to probe qemu. Only the result of that is kept when the hypervisor ends.
cache="$project/.lvs/libvirt-cache"

die() {
  printf '%s\n' "hypervisor: $*" >&2
  exit 1
}

libvirtd_pid() {
  local pid
  pid="$(cat "$state/libvirtd.pid" 2>/dev/null)" || return 1
  [[ "$(cat "/proc/$pid/comm" 2>/dev/null)" == libvirtd ]] && echo "$pid"
}

kind() {
  if libvirtd_pid >/dev/null; then
    echo private
  elif [[ -S /run/libvirt/libvirt-sock || -S /run/libvirt/virtqemud-sock ]] && virsh -q -c qemu:///system version >/dev/null 2>&1; then
    echo system
  else
    echo none
  fi
}

configure() {
  local folder
  for folder in "${private_folders[@]}"; do mkdir -p "$state/$folder"; done
  mkdir -p "$state"/etc/libvirt/{qemu/networks,storage} "$state"/var/lib/libvirt/{dnsmasq,images,qemu}
  cat >"$state/etc/libvirt/libvirtd.conf" <<'CONF'
auth_unix_rw = "none"
unix_sock_group = "root"
CONF
  cat >"$state/etc/libvirt/qemu.conf" <<'CONF'
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
dynamic_ownership = 0
remember_owner = 0
namespaces = []
cgroup_controllers = []
CONF
}

# Runs inside the namespaces: binds the private folders over the system's, then becomes libvirtd.
inside() {
  local folder setting
  mount --make-rprivate /
  ip link set lo up
  # Else the host's firewall rules would rewrite packets that only pass a bridge, and clients of NAT would lose their address.
  for setting in /proc/sys/net/bridge/bridge-nf-call-*; do
    [[ ! -e "$setting" ]] || echo 0 >"$setting"
  done
  # Real servers behind a tunnel answer with the VIP of another network as source.
  echo 0 | tee /proc/sys/net/ipv4/conf/{all,default}/rp_filter >/dev/null
  for folder in "${private_folders[@]}"; do
    mkdir -p "/$folder"
    mount --bind "$state/$folder" "/$folder"
  done
  mkdir -p "$cache" /var/cache/libvirt
  mount --bind "$cache" /var/cache/libvirt
  # shellcheck disable=SC2320 # the shell's own pid, which exec keeps
  echo $$ >"$state/libvirtd.pid"
  # The libvirtd of another checkout uses /run/libvirtd.pid.
  exec libvirtd --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid
}

start() {
  local found tries
  found="$(kind)"
  if [[ "$found" == none ]]; then
    [[ $EUID -eq 0 ]] || die "no libvirtd answers at qemu:///system and a private one needs root: start libvirtd, or run this as root"
    command -v libvirtd >/dev/null || die "libvirtd is missing: run scripts/host/setup.sh"
    configure
    [[ -e "/run/netns/$netns" ]] || ip netns add "$netns"
    setsid ip netns exec "$netns" unshare --mount "$here/hypervisor.sh" inside \
      </dev/null >"$state/libvirtd.log" 2>&1 9>&- &
    for ((tries = 0; tries < 300; tries++)); do
      if libvirtd_pid >/dev/null && exec_inside virsh -q -c qemu:///system version >/dev/null 2>&1; then break; fi
      sleep 0.1
    done
    found="$(kind)"
    [[ "$found" == private ]] || die "libvirtd did not answer within 30 s: see $state/libvirtd.log"
  fi
  if [[ "$found" == private ]]; then
    mkdir -p "$users"
    : >"$users/$PPID"
  fi
  echo "$found"
}

others_use_it() {
  local user
  for user in "$users"/*; do
    if [[ "${user##*/}" != "$PPID" && -d "/proc/${user##*/}" ]]; then return; fi
  done
  return 1
}

exec_inside() {
  local pid
  if pid="$(libvirtd_pid)"; then
    nsenter --target "$pid" --net --mount --wd="$PWD" -- "$@"
  else
    "$@"
  fi
}

stop() {
  local pid kind left
  if others_use_it; then return; fi
  if pid="$(libvirtd_pid)"; then
    for kind in list net-list pool-list; do
      left="$(exec_inside virsh -q -c qemu:///system "$kind" --all --name)" || die "libvirtd does not answer: it and its disks are left alone"
      [[ -z "$left" ]] || return 0
    done
    kill "$pid"
    for _ in {1..300}; do
      libvirtd_pid >/dev/null || break
      sleep 0.1
    done
  elif compgen -G "$state/etc/libvirt/qemu/*.xml" >/dev/null; then
    die "libvirtd is gone and sites still stand: hypervisor.sh start brings it back"
  fi
  if [[ -e "/run/netns/$netns" ]]; then ip netns del "$netns"; fi
  rm -rf "$state"
}

main() {
  case "${1:-}" in
    start | stop)
      mkdir -p "${lock%/*}"
      exec 9>"$lock"
      flock 9
      "$1"
      ;;
    kind) kind ;;
    inside) inside ;;
    exec) shift && exec_inside "$@" ;;
    *) die "usage: hypervisor.sh start | stop | kind | exec COMMAND..." ;;
  esac
}

main "$@"
