#!/usr/bin/env bash
# Sourced by the NFS server's job: backups by a timer, or none when the job has no files for them.

# Tries whether backups can be written to their places. In a subshell, because the sourced files change settings of the shell.
try_places() (
  # shellcheck source=backup/backup-common.sh
  source ./backup-common.sh
  # shellcheck source=backup/backup-remote.sh
  source ./backup-remote.sh
  said="$({ mkdir -p "$DIRECTORY" && chmod 700 "$DIRECTORY" && : >"$DIRECTORY/.lock"; } 2>&1)" || {
    say "backup.directory: $DIRECTORY cannot be written: ${said##*: }"
    exit 1
  }
  [[ -s "$DIRECTORY/state" ]] || printf 'since %(%FT%TZ)T\n' -1 >"$DIRECTORY/state"
  [[ -z "$REMOTE" ]] || work="$PWD" try_remote
)

start_timer() {
  # A timer that is new to systemd needs no reload.
  if lay_down lvs-backup.timer && systemctl -q is-active lvs-backup.timer; then
    systemctl daemon-reload
    systemctl restart lvs-backup.timer
  fi
  start_unit lvs-backup.timer
}

lay_down_backup() {
  # `finish` removes the programs and their settings. The backups themselves stay.
  [[ -f backup.conf ]] || {
    stop_unit lvs-backup.timer
    return 0
  }
  lay_down backup-common.sh backup-remote.sh backup-snapshot.sh lvs-backup lvs-restore || true
  take_away backup.key backup.known_hosts
  if lay_down backup.cnf backup.ca.crt backup.key backup.known_hosts backup.conf; then try_places; fi
  start_timer
}
