#!/usr/bin/env bash
# Makes this machine the source of a static site's pages: it has them on its data disk, and pushes them.
source ./lib.sh
# shellcheck source=sync/push.sh
source ./push.sh

main() {
  local pages
  refuse_lockout
  mount_data /data root:root
  pages="$(<master)"
  # Only the first page. The site owns whatever is there afterwards.
  [[ -e "$pages" ]] || install_file index.html "$pages/index.html"
  push_files
  finish
}

main "$@"
