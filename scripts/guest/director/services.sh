#!/usr/bin/env bash
# What runs on a director beside the table, if its job has the files: nginx with the sorry page, the operator's own checks, keepalived or
# ldirectord, and lvs-watch.

# The table may send clients to the page at any time, so it is installed before the table changes, and removed after.
lay_down_sorry() {
  [[ -e nginx.conf ]] || return 0
  lay_down sorry.html || true
  if lay_down tls.crt tls.key nginx.conf && systemctl -q is-active nginx.service; then systemctl reload nginx.service; fi
  start_unit nginx.service
}

stop_sorry() {
  [[ -e nginx.conf ]] || stop_unit nginx.service
}

# Removes the operator's own checks that the job no longer has.
take_away_scripts() {
  local file
  for file in /usr/local/lib/lvs/checks/*; do
    [[ -e "$file" && ! -e "check-${file##*/}" ]] || continue
    rm "$file"
    changed "$file removed"
  done
}

# One manager keeps the table at a time. As it stops it leaves the table, and the next one takes it over.
stop_managers() {
  if [[ ! -e checks.conf ]]; then stop_unit lvs-watch.timer; fi
  if [[ ! -e keepalived.conf ]]; then
    stop_unit keepalived.service
    rm -f /etc/keepalived/keepalived.conf
  fi
  if [[ ! -e ldirectord.cf ]]; then
    stop_unit ldirectord.service
    [[ ! -e /etc/lvs/ldirectord.cf ]] || rm -f /etc/ha.d/ldirectord.cf
  fi
}

start_manager() {
  [[ -e checks.conf ]] || return 0
  if [[ -e keepalived.conf ]]; then start_unit keepalived.service; else start_unit ldirectord.service; fi
  start_unit lvs-watch.timer
  wait_for 20 has_clients_served || say "no real server has answered its check yet"
}

# Whether every service has at least one destination, which may be the sorry page.
has_clients_served() {
  local saved line service
  saved="$(ipvsadm -Sn)"
  while read -r line; do
    [[ "$line" == -A* ]] || continue
    service="${line#-A }"
    [[ "$saved" == *"-a ${service%% -s *} -r "* ]] || return 1
  done <ipvs.rules
}
