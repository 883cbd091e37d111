#!/usr/bin/env bash
# Used by lvs-backup and lvs-restore: the site's database, and the format of a backup's file.
set -euo pipefail
shopt -s inherit_errexit
umask 077
export LC_ALL=C

conf="${LVS_CONF:-/etc/lvs}"
# The data disk. Hard links and moving a tree cost nothing there.
data="${LVS_DATA:-/data}"
# shellcheck disable=SC2034 # for those who source this
content="$data/wordpress/wp-content"
# In this order: the first name in the file shows whether it is a backup.
parts=(manifest SHA256SUMS database.sql.gz wp-content.tar)
# shellcheck source=/dev/null
source "$conf/backup.conf"

say() { printf '%s\n' "$*" >&2; }

# die WHY: ends with the message. `lvs-backup` keeps it for `status`, also from a subshell.
die() {
  say "$*"
  [[ ! -d "${work:-}" ]] || echo "$*" >"$work/failure"
  exit 1
}

# Options for every statement; those for a scratch database have one more.
options=()

sql() { mariadb --defaults-file="$conf/backup.cnf" -h "$DATABASE" -BNr "${options[@]}" "$@"; }

# value KEY FOLDER: prints a value of the backup's manifest.
value() { sed -n "s/^$1 //p" "$2/manifest"; }

# open_backup FILE FOLDER: unpacks manifest and database of an intact backup there, or dies with what is wrong with it.
open_backup() {
  local file="$1" folder="$2" name="${1##*/}" whole=yes listed part sum
  [[ -r "$file" ]] || die "$name cannot be read"
  listed="$(tar -tf "$file" 2>/dev/null | tr '\n' ' ')" || whole=no
  [[ "$listed" == "${parts[0]} "* ]] || die "$name is no backup of a site, or damaged from its beginning on"
  [[ "$whole" == yes ]] || die "$name is damaged: it ends too early"
  [[ "$listed" == "${parts[*]} " ]] || die "$name is damaged: it holds ${listed% }, and should hold ${parts[*]}"
  # To standard output, so that names in a foreign file cannot write anywhere else.
  for part in manifest SHA256SUMS database.sql.gz; do
    tar -xOf "$file" "$part" >"$folder/$part" 2>/dev/null || die "$name is damaged: $part cannot be read"
  done
  for part in manifest database.sql.gz wp-content.tar; do
    sum="$(tar -xOf "$file" "$part" 2>/dev/null | sha256sum)" || die "$name is damaged: $part cannot be read"
    grep -qxF "${sum%% *}  $part" "$folder/SHA256SUMS" || die "$name is damaged: $part is not as it was written"
  done
  [[ "$(value format "$folder")" == 1 ]] || die "$name is of format $(value format "$folder"), and 1 is known here"
  # Values that are compared as numbers or become part of a query. The checksums of a foreign file may be right.
  [[ "$(value databaseVersion "$folder") $(value site "$folder")" =~ ^[0-9]{1,9}\ https?://[][A-Za-z0-9.:-]+$ ]] \
    || die "$name has a manifest that no site wrote"
}

# numbers DATABASE: prints its counts, as lines of a manifest.
numbers() {
  printf '%s\n' "SELECT CONCAT('tables ', COUNT(*)) FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE';" \
    "SELECT CONCAT('posts ', COUNT(*)) FROM $1.wp_posts;" \
    "SELECT CONCAT('attachments ', COUNT(*)) FROM $1.wp_posts WHERE post_type = 'attachment';"
}

# attachments DATABASE: prints SQL that selects the file of each attachment, below wp-content/uploads.
attachments() {
  echo "SELECT DISTINCT m.meta_value FROM $1.wp_postmeta m JOIN $1.wp_posts p ON p.ID = m.post_id
    WHERE p.post_type = 'attachment' AND m.meta_key = '_wp_attached_file';"
}

# without_file ATTACHMENTS FILES: prints attachments of the first list without a file in the second, which has paths below wp-content.
without_file() { comm -23 <(sort "$1") <(sed -n 's|^\(\./\)\?wp-content/uploads/||p' "$2" | sort); }

# load DATABASE FOLDER: loads the database of an opened backup as a new database of that name.
load() {
  sql -e "DROP DATABASE IF EXISTS $1; CREATE DATABASE $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
  gzip -dc "$2/database.sql.gz" | sql "$1"
}

# check_loaded DATABASE FILE FOLDER: checks that the loaded database has what the site had, and each attachment its file.
check_loaded() {
  local file="$2" folder="$3" had has missing
  had="$(grep -E '^(tables|posts|attachments) ' "$folder/manifest")"
  has="$(numbers "$1" | sql)"
  [[ "$has" == "$had" ]] || die "${file##*/} restores to ${has//$'\n'/, }, and the site had ${had//$'\n'/, }"
  attachments "$1" | sql >"$folder/attachments"
  tar -xOf "$file" wp-content.tar | tar -t --quoting-style=literal >"$folder/files"
  missing="$(without_file "$folder/attachments" "$folder/files")"
  [[ "$(grep -c . <<<"$missing" || true)" == "$(value attachmentsWithoutFile "$folder")" ]] \
    || die "${file##*/} lacks the files of attachments that the site had, such as $(head -n 1 <<<"$missing")"
}
