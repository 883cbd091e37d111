#!/usr/bin/env bash
# Makes this machine the NFS server: the data disk with the site's tree, what the tree wants of this site, and the exports.
source ./lib.sh

main() {
  mount_data /data root:root
  if [[ -f wp-config.php ]]; then install_file wp-config.php /data/wordpress/wp-config.php 640 root:www-data || true; fi
  if [[ -f index.html ]]; then install_file index.html /data/wwwroot/index.html || true; fi
  install_file nfs.conf /etc/nfs.conf.d/lvs.conf && systemctl -q is-active nfs-server.service && systemctl restart nfs-server.service
  install_file exports /etc/exports && systemctl -q is-active nfs-server.service && exportfs -ra
  start_unit nfs-server.service
  finish
}

main "$@"
