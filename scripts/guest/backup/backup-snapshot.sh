#!/usr/bin/env bash
# Sourced by lvs-backup: writes the database and wp-content of one moment to $work, as the parts of a backup.
: "${conf:?}" "${data:?}" "${content:?}"
work="" linked=""

# ask_lock SQL: prints the rows, from the session that holds the lock.
ask_lock() {
  local row
  printf "%s\nSELECT '-- end';\n" "$1" >&"${LOCK[1]}"
  while IFS= read -r -t 120 -u "${LOCK[0]}" row; do
    [[ "$row" != "-- end" ]] || return 0
    printf '%s\n' "$row"
  done
  die "the database gives no backup lock: $(grep '^ERROR' "$work/errors" || echo "no answer in two minutes")"
}

dump_has_begun() {
  [[ "$(ask_lock "SELECT COUNT(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p
    ON p.id = t.trx_mysql_thread_id WHERE p.user = 'lvs_backup';")" == 1 ]]
}

dump() {
  mariadb-dump --defaults-file="$conf/backup.cnf" -h "$DATABASE" --single-transaction --skip-lock-tables --hex-blob --triggers wpdb \
    | gzip -1 >"$work/database.sql.gz"
}

# The moment: nobody can commit while the dump opens its transaction and every file gets a hard link. WordPress writes a file before its
# row and removes it after its row, so each row of the dump has its file here.
snapshot() {
  local began fd
  rm -rf "$work/wp-content"
  coproc LOCK { sql --unbuffered 2>"$work/errors"; }
  # If this machine died here, the database would keep the lock for hours, until it notices that the session is dead.
  ask_lock "SET SESSION wait_timeout = 600; BACKUP STAGE START; BACKUP STAGE FLUSH; BACKUP STAGE BLOCK_DDL; BACKUP STAGE BLOCK_COMMIT;"
  began="${EPOCHREALTIME/./}"
  : >"$work/moment"
  dump &
  dumping=$!
  # This fails when a file is removed meanwhile. Then the moment is taken once more.
  linked=yes
  cp -al "$content" "$work/wp-content" || linked=no
  ask_lock "$(numbers wpdb)" >"$work/numbers"
  ask_lock "$(attachments wpdb)" >"$work/attachments"
  until dump_has_begun; do
    kill -0 "$dumping" 2>/dev/null || break
    sleep 0.1
  done
  ask_lock "BACKUP STAGE END;"
  paused=$((${EPOCHREALTIME/./} - began))
  fd="${LOCK[1]}"
  exec {fd}>&-
}

# Files written after the moment belong to no row of the dump and may be incomplete. They are left out, also those that came while tar
# was reading.
pack() {
  local late=(find "$work/wp-content/uploads" -type f -newer "$work/moment")
  mkdir -p "$work/wp-content/uploads"
  while true; do
    "${late[@]}" -delete
    tar -cf "$work/wp-content.tar" --warning=no-file-changed -C "$work" wp-content || (($? == 1))
    [[ -n "$("${late[@]}" -print -quit)" ]] || break
  done
  rm -rf "$work/wp-content"
}

manifest() {
  local version="$data/wordpress/wp-includes/version.php"
  echo "format 1
stack $STACK
site $SITE_URL
time $(now)
installed $(sql wpdb -e "SELECT option_value FROM wp_options WHERE option_name = 'lvs_installed'")
wordpress $(sed -n "s/^.wp_version = '\(.*\)';/\1/p" "$version")
databaseVersion $(sed -n 's/^.wp_db_version = \(.*\);/\1/p' "$version")
mariadb $(sql -e 'SELECT VERSION()')"
  cat "$work/numbers"
  echo "attachmentsWithoutFile $(without_file "$work/attachments" "$work/files" | grep -c . || true)
pausedMilliseconds $((paused / 1000))"
}

# make_parts: writes the parts of a backup. A dump fails when a table is altered meanwhile; then dump and files are taken once more.
make_parts() {
  local tries
  for tries in 1 2 3; do
    snapshot
    if wait "$dumping" && [[ "$linked" == yes ]]; then break; fi
    ((tries < 3)) || die "database and files could not be had together: journalctl -u lvs-backup tells why"
    say "the dump or a file failed: once more"
  done
  (cd "$work" && find wp-content -type f) >"$work/files"
  pack
  manifest >"$work/manifest"
  (cd "$work" && sha256sum manifest database.sql.gz wp-content.tar >SHA256SUMS)
}
