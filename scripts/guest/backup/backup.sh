#!/usr/bin/env bash
# Sourced by the NFS server's job: backups by a timer, or none any more where their files are not among the job's.

timer=/etc/systemd/system/lvs-backup.timer

# Nothing but a place that can be written is a place for backups.
try_places() {
  local said work
  said="$({ mkdir -p "$DIRECTORY" && chmod 700 "$DIRECTORY" && : >"$DIRECTORY/.lock"; } 2>&1)" || {
    say "backup.directory: $DIRECTORY cannot be written: ${said##*: }"
    exit 1
  }
  [[ -s "$DIRECTORY/state" ]] || printf 'since %(%FT%TZ)T\n' -1 >"$DIRECTORY/state"
  [[ -n "$REMOTE" ]] || return 0
  work="$PWD"
  try_remote
}

start_timer() {
  # systemd reads a timer that it does not know yet by itself.
  if install_file lvs-backup.timer "$timer" && systemctl -q is-active lvs-backup.timer; then
    systemctl daemon-reload
    systemctl restart lvs-backup.timer
  fi
  start_unit lvs-backup.timer
}

# The backups themselves stay.
remove_backup() {
  [[ -e "$timer" ]] || return 0
  systemctl stop lvs-backup.timer
  rm -f "$timer" /etc/systemd/system/multi-user.target.wants/lvs-backup.timer /usr/local/sbin/lvs-{backup,restore} /etc/lvs/backup.*
  changed "backups taken away"
}

lay_down_backup() {
  local file dest mode places=no
  [[ -f backup.conf ]] || {
    remove_backup
    return 0
  }
  while read -r file dest mode; do
    if [[ ! -f "$file" ]]; then
      rm -f "$dest"
    elif install_file "$file" "$dest" "$mode" && [[ "$dest" == /etc/* ]]; then
      places=changed
    fi
  done <<'TABLE'
backup-common.sh /usr/local/lib/lvs/backup-common.sh 644
backup-remote.sh /usr/local/lib/lvs/backup-remote.sh 644
backup-snapshot.sh /usr/local/lib/lvs/backup-snapshot.sh 644
lvs-backup /usr/local/sbin/lvs-backup 755
lvs-restore /usr/local/sbin/lvs-restore 755
backup.cnf /etc/lvs/backup.cnf 600
backup.ca.crt /etc/lvs/backup.ca.crt 644
backup.key /etc/lvs/backup.key 600
backup.known_hosts /etc/lvs/backup.known_hosts 600
backup.conf /etc/lvs/backup.conf 600
TABLE
  if [[ "$places" == changed ]]; then
    # shellcheck source=backup/backup-common.sh
    source ./backup-common.sh
    # shellcheck source=backup/backup-remote.sh
    source ./backup-remote.sh
    try_places
  fi
  start_timer
}
