#!/usr/bin/env bash
# Makes this machine the source of a static site's pages: it has them on its data disk, and pushes them.
source ./lib.sh
# shellcheck source=sync/push.sh
source ./push.sh

main() {
  refuse_lockout
  mount_data /data root:root
  lay_down_first_page
  push_files
  finish
}

main "$@"
