#!/usr/bin/env bash
# Lays one thing down on this machine, or lays down again what is there. In the image as /usr/local/sbin/lvs-apply.
#
# usage: lvs-apply NAME [ARG...]    reads lines of "FILE BASE64" from standard input, keeps them in /var/lib/lvs/NAME
#                                   (root's alone) and runs script.sh among them with the arguments
#        lvs-apply --again [NAME]   runs what is kept there once more, all of it when no name is given
set -euo pipefail
shopt -s inherit_errexit

kept=/var/lib/lvs

# A run that was cut off may have laid files down without acting on them: the next one takes every file as changed.
run() {
  local folder="$kept/$1" args
  mapfile -d '' -t args <"$folder/args"
  cd "$folder"
  umask 022
  if [[ -e unfinished ]]; then export LVS_UNFINISHED=yes; fi
  touch unfinished
  bash ./script.sh "${args[@]}" </dev/null
  rm unfinished
}

receive() {
  local name="$1" new="$kept/.$1.new" file data
  shift
  umask 077
  rm -rf "$new"
  mkdir -p "$new"
  while read -r file data; do
    base64 -d <<<"$data" >"$new/$file"
  done
  : >"$new/args"
  (($# == 0)) || printf '%s\0' "$@" >"$new/args"
  [[ ! -e "$kept/$name/unfinished" ]] || touch "$new/unfinished"
  rm -rf "${kept:?}/$name"
  mv "$new" "$kept/$name"
}

main() {
  local name result
  install -d -m 700 "$kept"
  exec 9>"$kept/.lock"
  flock 9
  if [[ "$1" != --again ]]; then
    receive "$@"
    run "$1"
  elif [[ -n "${2:-}" ]]; then
    run "$2"
  else
    for name in "$kept"/*/; do
      name="$(basename "$name")"
      result="$(run "$name" | tail -n 1)"
      printf '%s: %s\n' "$name" "$result"
    done
  fi
}

main "$@"
