#!/usr/bin/env bash
# What runs on a director beside the table, for as long as its job has the files: nginx with the sorry page, checks of the operator's
# own, keepalived or ldirectord, and the watch over them.

# lay_down FILE DEST MODE: if the job has it.
lay_down() {
  [[ ! -e "$1" ]] || install_file "$1" "$2" "$3" || true
}

take_away() {
  [[ -e "$1" ]] || return 0
  rm "$1"
  changed "$1 taken away"
}

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
  local file stale=no
  [[ -e nginx.conf ]] || return 0
  for file in tls.crt tls.key nginx.conf; do
    [[ ! -e "$file" ]] || cmp -s "$file" "/etc/nginx/$file" || stale=yes
  done
  lay_down sorry.html /usr/local/share/lvs/sorry/sorry.html 644
  lay_down tls.crt /etc/nginx/tls.crt 644
  lay_down tls.key /etc/nginx/tls.key 600
  lay_down nginx.conf /etc/nginx/nginx.conf 644
  if [[ "$stale" == yes ]] && systemctl -q is-active nginx.service; then systemctl reload nginx.service; fi
  start_unit nginx.service
}

take_away_sorry() {
  [[ ! -e nginx.conf ]] || return 0
  stop_unit nginx.service
  take_away /etc/nginx/tls.key
  take_away /etc/nginx/tls.crt
  take_away /usr/local/share/lvs/sorry/sorry.html
}

# Last of all: to a manager that still runs, a check that is gone is one that failed.
take_away_checks() {
  local file
  for file in /usr/local/lib/lvs/checks/*; do
    [[ -e "check-${file##*/}" ]] || take_away "$file"
  done
  [[ ! -e checks.conf ]] || return 0
  take_away /etc/lvs/checks.conf
  for file in lvs-check lvs-notify lvs-watch; do take_away "/usr/local/sbin/$file"; done
  take_away /usr/local/lib/lvs/probe.sh
}

# One keeps the table at a time. It leaves that as it is: the next takes it over.
stop_managers() {
  if [[ ! -e checks.conf ]]; then stop_unit lvs-watch.timer; fi
  if [[ ! -e keepalived.conf ]]; then
    stop_unit keepalived.service
    take_away /etc/keepalived/keepalived.conf
  fi
  if [[ ! -e ldirectord.cf ]]; then
    stop_unit ldirectord.service
    [[ ! -e /etc/lvs/ldirectord.cf ]] || take_away /etc/ha.d/ldirectord.cf
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
