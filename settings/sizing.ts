/** How many php-fpm children a real server holds, and what MariaDB needs for all of them. MiB throughout. */

/** Kernel, system services, nginx and the page cache that NFS wants; OPcache comes on top. */
const realServerReserveMiB = 160;
/** One php-fpm child showing WordPress pages, measured with the default theme. */
const phpChildMiB = 64;
/** Kernel, system services and MariaDB without its buffers. */
const mysqlReserveMiB = 224;
/** Buffers of one connection at work (sort, join and read buffers, thread stack). */
const mysqlConnectionMiB = 3;
const smallestBufferPoolMiB = 64;
/** Connections kept for administration, cron and backups. */
export const spareConnections = 10;

/** `pm.max_children` that fits a real server's memory; at least 1. */
export function phpChildren(memoryMiB: number, opcacheMiB: number): number {
  return Math.max(1, Math.floor((memoryMiB - realServerReserveMiB - opcacheMiB) / phpChildMiB));
}

/** Memory that a real server needs for `children` php-fpm children. */
export function realServerMemoryMiB(children: number, opcacheMiB: number): number {
  return realServerReserveMiB + opcacheMiB + children * phpChildMiB;
}

/** Memory that MariaDB's machine needs for `connections` at the smallest useful buffer pool. */
export function mysqlMemoryMiB(connections: number): number {
  return mysqlReserveMiB + smallestBufferPoolMiB + connections * mysqlConnectionMiB;
}

/** `innodb_buffer_pool_size`: what the machine has left after everything else. */
export function bufferPoolMiB(memoryMiB: number, connections: number): number {
  return Math.max(smallestBufferPoolMiB, memoryMiB - mysqlReserveMiB - connections * mysqlConnectionMiB);
}
