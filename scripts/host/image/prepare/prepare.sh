#!/usr/bin/env bash
# Runs inside the new image's root: trims the boot, and installs WordPress into the data disks' trees at native speed.
set -euo pipefail

here="$(dirname "${BASH_SOURCE[0]}")"
php="$(basename /etc/php/*)"

# What a server on a bridge never needs; each unit costs seconds on an emulated CPU.
masked_units=(
  systemd-logind.service systemd-pstore.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount
  sys-kernel-tracing.mount getty@tty1.service proc-sys-fs-binfmt_misc.automount
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-binfmt.service kmod-static-nodes.service
  systemd-random-seed.service dpkg-db-backup.timer e2scrub_all.timer
  e2scrub_reap.service fstrim.timer man-db.timer phpsessionclean.timer systemd-ask-password-console.path
  systemd-ask-password-wall.path systemd-network-generator.service systemd-journal-flush.service
  modprobe@configfs.service modprobe@fuse.service modprobe@dm_mod.service modprobe@loop.service modprobe@drm.service
  modprobe@efi_pstore.service systemd-remount-fs.service systemd-sysusers.service systemd-initctl.socket
  systemd-journald-audit.socket sys-fs-fuse-connections.mount sys-kernel-config.mount e2scrub@.service
  rpcbind.service rpcbind.socket rpc-statd.service rpc-statd-notify.service nfs-idmapd.service rpc-gssd.service
  rpc-svcgssd.service auth-rpcgss-module.service nfs-blkmap.service
  tmp.mount run-lock.mount ldconfig.service systemd-journal-catalog-update.service systemd-hwdb-update.service
  systemd-update-done.service systemd-udev-load-credentials.service systemd-tmpfiles-setup-dev-early.service
  systemd-networkd-persistent-storage.service systemd-machine-id-commit.service systemd-firstboot.service
  systemd-hibernate-clear.service systemd-pcrextend.socket systemd-pcrlock.socket systemd-pcrmachine.service
  systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-tpm2-setup.service systemd-tpm2-setup-early.service
  systemd-creds.socket systemd-hostnamed.socket systemd-sysext.socket sshd-keygen.service
)

# Generators run at every boot and reload, each a process or two; fstab, NFS and systemd's own units need the few that stay.
masked_generators=(
  systemd-bless-boot-generator systemd-cryptsetup-generator systemd-debug-generator systemd-getty-generator
  systemd-gpt-auto-generator systemd-hibernate-resume-generator systemd-integritysetup-generator
  systemd-rc-local-generator systemd-run-generator systemd-ssh-generator systemd-system-update-generator
  systemd-sysv-generator systemd-tpm2-generator systemd-veritysetup-generator
)

disabled_units=(
  nginx.service mariadb.service nfs-server.service nfs-client.target ipvsadm.service nftables.service
  ssh.service vsftpd.service keepalived.service ldirectord.service rsync.service apt-daily.timer apt-daily-upgrade.timer
  unattended-upgrades.service
)

trim_boot() {
  ln -sf /dev/null /etc/systemd/system/getty.target
  for unit in "${masked_units[@]}"; do ln -sf /dev/null "/etc/systemd/system/$unit"; done
  mkdir -p /etc/systemd/system-generators
  for generator in "${masked_generators[@]}"; do ln -sf /dev/null "/etc/systemd/system-generators/$generator"; done
  systemctl disable --quiet "${disabled_units[@]}" "php$php-fpm.service"
  systemctl enable --quiet ssh.socket systemd-networkd.service
  systemctl set-default --quiet multi-user.target
  : >/etc/fstab
  rm -f /etc/machine-id && : >/etc/machine-id
  rm -f /etc/ssh/ssh_host_*
}

# Jobs know PHP without its version, which is another one in each Debian release: php-fpm.service and /etc/php/current.
name_php() {
  ln -s "$php" /etc/php/current
  ln -s "/lib/systemd/system/php$php-fpm.service" /etc/systemd/system/php-fpm.service
}

make_initrd() {
  local kernel
  kernel="$(basename /lib/modules/*)"
  mktirfs -o /boot/initrd.lvs --auto-modules=no --microcode=no \
    --include-modules=virtio_pci,virtio_blk,virtio_net,ext4 "$kernel"
}

# What labs download through a director: zeros, which take no room.
make_sample() {
  mkdir -p /usr/local/share/lvs
  truncate -s 4M /usr/local/share/lvs/big
}

# The user through which everything is laid down: sudo, a key given at boot, no password.
make_operator() {
  useradd --create-home --shell /bin/bash --password '*' ops
  # Without PAM's session: who has logged in through ssh has one, and another costs each command 150 ms of an emulated CPU.
  printf '%s\n' 'Defaults:ops !pam_session, !pam_setcred' 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
  chmod 440 /etc/sudoers.d/ops
}

# The user as whom a source pushes web files; a site that does so gives it a key.
make_deployer() {
  useradd --system --home-dir /srv --no-create-home --shell /bin/sh --password '*' deploy
}

# The code for the NFS server's disk, where administrators may add to it, and for each real server's own, where nobody may.
# With the same times: OPcache's files are good for both.
copy_wordpress() {
  local code=/srv/wordpress tree="$1"
  mkdir -p "$code" "$tree"
  cp -rL --preserve=timestamps /usr/share/wordpress/. "$code"
  rm -rf "$code"/wp-config.php "$code"/wp-content/uploads
  mkdir -p "$code/wp-content/uploads"
  cp -r --preserve=timestamps "$code/." "$tree"
  chown -R www-data:www-data "$tree/wp-content"
  rm -r /usr/share/wordpress
}

# WordPress's own installer fills a database and a tree; the site gives both their names when it is laid down.
install_wordpress() {
  local tree=/data/www/wordpress
  mkdir -p /wordpress /data/mysql /var/cache/opcache
  copy_wordpress "$tree"
  mount --bind "$tree" /wordpress
  start_database
  mariadb -e "CREATE DATABASE wpdb CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
  cp "$here/wp-config.php" "$tree"
  php "$here/install-wordpress.php"
  rm "$tree/wp-config.php"
  stop_database
  umount /wordpress
}

# OPcache's file cache holds every script compiled, so that a cold real server does not compile under emulation. By php-fpm itself: the
# cache of PHP's command line is not good for it in Debian 13.
warm_opcache() {
  local folder said
  folder="$(mktemp -d)"
  printf '%s\n' '[global]' "error_log = $folder/log" '[warm]' 'user = root' "listen = $folder/socket" 'pm = static' 'pm.max_children = 1' \
    >"$folder/fpm.conf"
  mount --bind /data/www/wordpress /wordpress
  "php-fpm$php" --nodaemonize --allow-to-run-as-root --fpm-config "$folder/fpm.conf" \
    -d max_execution_time=0 -d opcache.file_cache=/var/cache/opcache -d opcache.file_cache_only=1 &
  wait_until test -S "$folder/socket"
  said="$(SCRIPT_FILENAME="$here/warm-opcache.php" REQUEST_METHOD=GET cgi-fcgi -bind -connect "$folder/socket")"
  kill "$!"
  wait "$!" || true
  umount /wordpress
  rm -r "$folder"
  echo "image: ${said##*$'\n'}" >&2
  [[ "$said" == *" scripts compiled" && "$said" != *"Status: "* ]] || return 1
  chown -R www-data:www-data /var/cache/opcache
}

wait_until() {
  for _ in $(seq 300); do
    "$@" && return
    sleep 0.1
  done
  return 1
}

# Beside /var/lib/mysql, which stays empty of sites: a shop's MariaDB starts there.
start_database() {
  install -d -o mysql -g mysql /run/mysqld
  cp -a /var/lib/mysql/. /data/mysql
  mariadbd --user=mysql --datadir=/data/mysql --skip-networking --socket=/run/mysqld/mysqld.sock >/dev/null 2>&1 &
  database_pid=$!
  wait_until mariadb-admin --silent ping >/dev/null 2>&1
}

stop_database() {
  mariadb-admin shutdown
  wait "$database_pid" || true
}

main() {
  install_wordpress
  warm_opcache
  trim_boot
  name_php
  make_initrd
  make_operator
  make_deployer
  make_sample
  rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
}

main "$@"
