/** Where each job installs its files on a machine: the manifest that scripts/guest/lib.sh reads. */

/** The place of one file. */
export interface Placement {
  readonly path: string;
  /** Octal digits of the mode. Default: `644`. */
  readonly mode?: string;
  /** `USER:GROUP`. Default: `root:root`. */
  readonly owner?: string;
  /** The unit that reads the file. On a real server it runs where the job has the file, and is reloaded after a change. */
  readonly unit?: string;
  /**
   * True for a file that a Debian package or the site itself owns. It stays when a later job does not have it. Default: false,
   * the file is removed then.
   */
  readonly stays?: true;
}

const libraries = (...files: readonly string[]): Record<string, Placement> =>
  Object.fromEntries(files.map((file) => [file, { path: `/usr/local/lib/lvs/${file}` }]));

const programs = (...files: readonly string[]): Record<string, Placement> =>
  Object.fromEntries(files.map((file) => [file, { path: `/usr/local/sbin/${file}`, mode: "755" }]));

/** Files below `folder`, each under its own name. */
const below = (folder: string, ...files: readonly string[]): Record<string, Placement> =>
  Object.fromEntries(files.map((file) => [file, { path: `${folder}/${file}` }]));

/** Part of every job. The firewall's file is removed together with its unit. */
const common = {
  "firewall.nft": { path: "/etc/nftables.conf", stays: true },
  "resolv.conf": { path: "/etc/resolv.conf", stays: true },
  "sources.list": { path: "/etc/apt/sources.list", stays: true },
  ...libraries("lvs-common.sh", "look.sh"),
  ...programs("lvs-reconcile"),
  ...below("/etc/lvs", "units", "addresses"),
  "lvs-reconcile.service": { path: "/etc/systemd/system/lvs-reconcile.service" },
} satisfies Record<string, Placement>;

/** Of machines with nginx, with and without TLS. */
const nginx = {
  "tls.crt": { path: "/etc/nginx/tls.crt", unit: "nginx.service" },
  "tls.key": { path: "/etc/nginx/tls.key", mode: "600", unit: "nginx.service" },
  "nginx.conf": { path: "/etc/nginx/nginx.conf", unit: "nginx.service", stays: true },
} satisfies Record<string, Placement>;

/** Of machines that hold VIPs without announcing them. */
const vips = {
  "sysctl.conf": { path: "/etc/sysctl.d/60-lvs.conf" },
  ...programs("lvs-real-server"),
  ...below("/etc/lvs", "real-server.conf", "real-server.nft"),
} satisfies Record<string, Placement>;

/** Of the machine that pushes web files. */
const push = {
  ...below("/etc/lsyncd", "lsyncd.conf.lua", "ssh_config", "known_hosts"),
  ...programs("lvs-push"),
  key: { path: "/etc/lsyncd/key", mode: "600", owner: "deploy:deploy" },
} satisfies Record<string, Placement>;

const fpm = "php-fpm.service";

/** By job, each file with a place; a job's other files are for its script alone. */
export const placements = {
  client: common,
  director: {
    ...common,
    ...libraries("ipvs-table.sh", "drained.sh", "manager.sh", "drift.sh"),
    ...libraries("pair.sh", "ready.sh", "replacing.sh", "probe.sh"),
    ...programs("lvs-check", "lvs-notify", "lvs-watch", "lvs-director"),
    "check-*": { path: "/usr/local/lib/lvs/checks/*", mode: "755" },
    "modules.conf": { path: "/etc/modules-load.d/lvs.conf" },
    "sysctl.conf": { path: "/etc/sysctl.d/60-lvs.conf" },
    ...below("/etc/lvs", "director.conf", "ipvs.rules", "lvs.nft", "checks.conf", "ready"),
    ...below("/etc/lvs", "keepalived.conf", "ldirectord.cf"),
    drained: { path: "/etc/lvs/drained", stays: true },
    "sorry.html": { path: "/usr/local/share/lvs/sorry/sorry.html" },
    ...nginx,
  },
  "mysql-server": {
    ...common,
    ...below("/etc/mysql/tls", "ca.crt", "server.crt"),
    "server.key": { path: "/etc/mysql/tls/server.key", mode: "640", owner: "root:mysql" },
    "my.cnf": { path: "/etc/mysql/mariadb.conf.d/60-lvs.cnf" },
    "mariadb-replication.conf": { path: "/etc/systemd/system/mariadb.service.d/replication.conf" },
    "replication.cnf": { path: "/etc/mysql/mariadb.conf.d/61-lvs-replication.cnf" },
    "mysql-peer.cnf": { path: "/etc/lvs/mysql-peer.cnf", mode: "600" },
    "mysql-follow.sql": { path: "/etc/lvs/mysql-follow.sql", mode: "600" },
    ...libraries("mysql-state.sh", "mysql-replication.sh", "mysql-copy.sh"),
    ...programs("lvs-mysql"),
    "mysql.conf": { path: "/etc/lvs/mysql.conf" },
  },
  "nfs-server": {
    ...common,
    "wp-config.php": { path: "/data/wordpress/wp-config.php", mode: "640", owner: "root:www-data" },
    "nfs.conf": { path: "/etc/nfs.conf.d/lvs.conf" },
    exports: { path: "/etc/exports", stays: true },
    ...push,
    ...libraries("backup-common.sh", "backup-remote.sh", "backup-snapshot.sh"),
    ...programs("lvs-backup", "lvs-restore"),
    "backup.cnf": { path: "/etc/lvs/backup.cnf", mode: "600" },
    "backup.ca.crt": { path: "/etc/lvs/backup.ca.crt" },
    "backup.key": { path: "/etc/lvs/backup.key", mode: "600" },
    "backup.known_hosts": { path: "/etc/lvs/backup.known_hosts", mode: "600" },
    "backup.conf": { path: "/etc/lvs/backup.conf", mode: "600" },
    "lvs-backup.timer": { path: "/etc/systemd/system/lvs-backup.timer" },
  },
  "real-server": {
    ...common,
    ...vips,
    ...nginx,
    "index.html": { path: "/usr/local/share/lvs/www/index.html" },
    "pool.conf": { path: "/etc/php/current/fpm/pool.d/www.conf", unit: fpm, stays: true },
    "php.ini": { path: "/etc/php/current/fpm/conf.d/60-lvs.ini", unit: fpm },
    ...below("/usr/local/share/lvs", "readyz.php", "php-status.php", "sessions.php"),
    "wordpress-database.php": { path: "/usr/local/share/lvs/wordpress-database.php", unit: fpm },
    "database-ca.crt": { path: "/etc/lvs/database-ca.crt", unit: fpm },
    "fpm-database.ini": { path: "/etc/php/current/fpm/conf.d/61-lvs-database.ini", unit: fpm },
    "cli-database.ini": { path: "/etc/php/current/cli/conf.d/61-lvs-database.ini" },
    "tree.conf": { path: "/etc/nginx/tree.conf", unit: "nginx-tree.service" },
    ...below("/usr/local/share/lvs/cron", "wp-settings.php", "run-cron.php"),
    ...programs("lvs-cron", "lvs-echo"),
    "cron.conf": { path: "/etc/lvs/cron.conf" },
    "cron-timer.conf": {
      path: "/etc/systemd/system/lvs-cron.timer.d/interval.conf",
      unit: "lvs-cron.timer",
    },
    ...below("/usr/local/share/lvs", "shop.php", "database.php", "shop.sql"),
    "my.cnf": { path: "/etc/mysql/mariadb.conf.d/60-lvs.cnf", unit: "mariadb.service" },
    "vsftpd.conf": { path: "/etc/vsftpd.conf", unit: "vsftpd.service", stays: true },
    "real-server.txt": { path: "/usr/local/share/lvs/ftp/real-server.txt" },
    "wp-config.php": { path: "/srv/wordpress/wp-config.php", mode: "640", owner: "root:www-data" },
    ...below("/etc/lvs", "rsyncd.conf", "deploy.keys"),
  },
  "sorry-server": {
    ...common,
    ...vips,
    "sorry.html": { path: "/usr/local/share/lvs/sorry/sorry.html" },
    ...nginx,
  },
  source: { ...common, ...push },
} satisfies Record<string, Record<string, Placement>>;

/** The name of a job, which is also its folder below /var/lib/lvs on the machine. */
export type JobName = keyof typeof placements;

/** The place of a job's file. @throws Error when the job has no such file */
export function placementOf(
  job: JobName,
  file: string,
): Required<Pick<Placement, "path" | "mode" | "owner">> {
  const found = (placements[job] as Readonly<Record<string, Placement>>)[file];
  if (!found) throw new Error(`${file} of job ${job} has no place`);
  return { mode: "644", owner: "root:root", ...found };
}

/**
 * The manifest of a job: lines of `FILE PATH MODE OWNER UNIT STAYS`, with `-` for none, for all files with a place, also those that
 * this job does not have. `files` are the names of the job's files: a `*` in a name stands for the rest of each that matches.
 */
export function manifestOf(job: JobName, files: readonly string[]): string {
  const line = (file: string, { path, mode = "644", owner = "root:root", unit, stays }: Placement) =>
    `${[file, path, mode, owner, unit ?? "-", stays ? "stays" : "-"].join(" ")}\n`;
  return Object.entries<Placement>(placements[job])
    .flatMap(([file, placement]) => {
      if (!file.endsWith("*")) return [line(file, placement)];
      const prefix = file.slice(0, -1);
      return files
        .filter((name) => name.startsWith(prefix))
        .map((name) =>
          line(name, { ...placement, path: placement.path.replace("*", name.slice(prefix.length)) }),
        );
    })
    .join("");
}
