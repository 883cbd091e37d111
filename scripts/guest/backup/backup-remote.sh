#!/usr/bin/env bash
# Sourced: copies to the remote host of backups, over SFTP, so that an account without a shell is enough.

# over_sftp COMMAND...: stops at the first command that fails, and dies with sftp's message.
over_sftp() {
  # shellcheck disable=SC2154 # the caller's
  local said="$work/sftp" options=(LogLevel=ERROR BatchMode=yes ConnectTimeout=20 IdentitiesOnly=yes "IdentityFile=$conf/backup.key"
    StrictHostKeyChecking=yes "UserKnownHostsFile=$conf/backup.known_hosts" ServerAliveInterval=15)
  printf '%s\n' "$@" | sftp -F none "${options[@]/#/-o}" -P "$REMOTE_PORT" -b - "$REMOTE" 2>"$said" \
    || die "backup.remote: $REMOTE:$REMOTE_FOLDER cannot be used: $(grep -vE '^(Connection closed.*)?$' "$said" | tail -n 1)"
}

# try_remote: dies when the remote folder cannot be written.
try_remote() {
  local probe="$REMOTE_FOLDER/.lvs-$STACK"
  over_sftp "put $conf/backup.known_hosts $probe" "rename $probe $probe.new" "rm $probe.new" >/dev/null
}

# copy_to_remote NAME: copies the backup and reads it back, because only a copy that can be read counts.
copy_to_remote() {
  local there="$REMOTE_FOLDER/$1" old
  over_sftp "put $DIRECTORY/$1 $there.new" "chmod 600 $there.new" "rename $there.new $there" "get $there $work/back" >/dev/null
  cmp -s "$DIRECTORY/$1" "$work/back" || die "backup.remote: $REMOTE:$there is not what was sent"
  rm "$work/back"
  note copied "$(now)"
  over_sftp "@ls -1 $REMOTE_FOLDER" | sed 's|.*/||' | named | head -n "-$KEEP" >"$work/old"
  while read -r old; do over_sftp "rm $REMOTE_FOLDER/$old" >/dev/null; done <"$work/old"
}
