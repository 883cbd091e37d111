#!/usr/bin/env bash
# What runs on a director beside the table, for as long as its job has the files: nginx with the sorry page, checks of the operator's
# own, keepalived or ldirectord, and the watch over them.

# The way back from start_unit.
stop_unit() {
  local link="/etc/systemd/system/multi-user.target.wants/$1"
  [[ -L "$link" ]] || return 0
  rm "$link"
  systemctl stop "$1"
  changed "$1 stopped"
}

# Clients may be sent to the page from the moment on that the table knows it: it is there before, and goes after.
lay_down_sorry() {
  [[ -e nginx.conf ]] || return 0
  lay_down sorry.html || true
  if lay_down tls.crt tls.key nginx.conf && systemctl -q is-active nginx.service; then systemctl reload nginx.service; fi
  start_unit nginx.service
}

stop_sorry() {
  [[ -e nginx.conf ]] || stop_unit nginx.service
}

# Checks of the operator's own that the job does not have.
take_away_scripts() {
  local file
  for file in /usr/local/lib/lvs/checks/*; do
    [[ -e "$file" && ! -e "check-${file##*/}" ]] || continue
    rm "$file"
    changed "$file removed"
  done
}

# One keeps the table at a time. It leaves that as it is: the next takes it over.
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

# Every service has somebody to send clients to, be it the sorry page.
has_clients_served() {
  local saved line service
  saved="$(ipvsadm -Sn)"
  while read -r line; do
    [[ "$line" == -A* ]] || continue
    service="${line#-A }"
    [[ "$saved" == *"-a ${service%% -s *} -r "* ]] || return 1
  done <ipvs.rules
}
