#!/usr/bin/env bash
# Makes this machine the source of a static site's pages: the data disk with them, and what pushes them.
source ./lib.sh
# shellcheck source=sync/push.sh
source ./push.sh

main() {
  local pages
  refuse_lockout
  mount_data /data root:root
  pages="$(<master)"
  # The first page alone: what is there now is the site's own.
  [[ -e "$pages" ]] || install_file index.html "$pages/index.html"
  push_files
  finish
}

main "$@"
