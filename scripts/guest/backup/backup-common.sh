#!/usr/bin/env bash
# What lvs-backup and lvs-restore share: the site's database, and what the file of a backup holds.
set -euo pipefail
shopt -s inherit_errexit
umask 077
export LC_ALL=C

conf="${LVS_CONF:-/etc/lvs}"
# The data disk: a second name for a file costs nothing there, nor does moving a tree.
data="${LVS_DATA:-/data}"
# shellcheck disable=SC2034 # for those who source this
content="$data/wordpress/wp-content"
# In this order: whoever lists the file knows from the first name whether it is one.
parts=(manifest SHA256SUMS database.sql.gz wp-content.tar)
# shellcheck source=/dev/null
source "$conf/backup.conf"

say() { printf '%s\n' "$*" >&2; }

# die WHY: `lvs-backup` keeps it for `status`, also what a subshell of it died of.
die() {
  say "$*"
  [[ ! -d "${work:-}" ]] || echo "$*" >"$work/failure"
  exit 1
}

# Options of every statement; a scratch database's have one.
options=()

sql() { mariadb --defaults-file="$conf/backup.cnf" -h "$DATABASE" -BNr "${options[@]}" "$@"; }

# value KEY FOLDER: out of the manifest there.
value() { sed -n "s/^$1 //p" "$2/manifest"; }

# open_backup FILE FOLDER: puts manifest and database of a whole backup there, or dies with what is wrong with it.
open_backup() {
  local file="$1" folder="$2" name="${1##*/}" whole=yes listed part sum
  [[ -r "$file" ]] || die "$name cannot be read"
  listed="$(tar -tf "$file" 2>/dev/null | tr '\n' ' ')" || whole=no
  [[ "$listed" == "${parts[0]} "* ]] || die "$name is no backup of a site, or damaged from its beginning on"
  [[ "$whole" == yes ]] || die "$name is damaged: it ends too early"
  [[ "$listed" == "${parts[*]} " ]] || die "$name is damaged: it holds ${listed% }, and should hold ${parts[*]}"
  # To standard output: whatever a foreign file calls itself, nothing is written elsewhere.
  for part in manifest SHA256SUMS database.sql.gz; do
    tar -xOf "$file" "$part" >"$folder/$part" 2>/dev/null || die "$name is damaged: $part cannot be read"
  done
  for part in manifest database.sql.gz wp-content.tar; do
    sum="$(tar -xOf "$file" "$part" 2>/dev/null | sha256sum)" || die "$name is damaged: $part cannot be read"
    grep -qxF "${sum%% *}  $part" "$folder/SHA256SUMS" || die "$name is damaged: $part is not as it was written"
  done
  [[ "$(value format "$folder")" == 1 ]] || die "$name is of format $(value format "$folder"), and 1 is known here"
  # What is counted with, or becomes part of a query; the sums of a foreign file may well be right.
  [[ "$(value databaseVersion "$folder") $(value site "$folder")" =~ ^[0-9]{1,9}\ https?://[][A-Za-z0-9.:-]+$ ]] \
    || die "$name has a manifest that no site wrote"
}

# numbers DATABASE: as lines of a manifest.
numbers() {
  printf '%s\n' "SELECT CONCAT('tables ', COUNT(*)) FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE';" \
    "SELECT CONCAT('posts ', COUNT(*)) FROM $1.wp_posts;" \
    "SELECT CONCAT('attachments ', COUNT(*)) FROM $1.wp_posts WHERE post_type = 'attachment';"
}

# attachments DATABASE: SQL for the file of each, below wp-content/uploads.
attachments() {
  echo "SELECT DISTINCT m.meta_value FROM $1.wp_postmeta m JOIN $1.wp_posts p ON p.ID = m.post_id
    WHERE p.post_type = 'attachment' AND m.meta_key = '_wp_attached_file';"
}

# without_file ATTACHMENTS FILES: those of the first list that the second, of paths below wp-content, has not.
without_file() { comm -23 <(sort "$1") <(sed -n 's|^\(\./\)\?wp-content/uploads/||p' "$2" | sort); }

# load DATABASE FOLDER: the database of an opened backup, as a new one of that name.
load() {
  sql -e "DROP DATABASE IF EXISTS $1; CREATE DATABASE $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
  gzip -dc "$2/database.sql.gz" | sql "$1"
}

# check_loaded DATABASE FILE FOLDER: what was loaded is what the site had, and every attachment has the file that it had.
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
