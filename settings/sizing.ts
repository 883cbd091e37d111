/** Computes the number of php-fpm children on a real server, and MariaDB's memory for all of them. Units are MiB. */

/** For the kernel, system services, nginx and NFS's page cache. OPcache is added to it. */
const realServerReserveMiB = 160;
/** One php-fpm child that serves WordPress pages, measured with the default theme. */
const phpChildMiB = 64;
/** For the kernel, system services, and MariaDB without its buffers. */
const mysqlReserveMiB = 224;
/** Buffers of one active connection (sort, join and read buffers, thread stack). */
const mysqlConnectionMiB = 3;
const smallestBufferPoolMiB = 64;
/** Connections reserved for administration, cron and backups. */
export const spareConnections = 10;

/** The `pm.max_children` that fits a real server's memory; at least 1. */
export function phpChildren(memoryMiB: number, opcacheMiB: number): number {
  return Math.max(1, Math.floor((memoryMiB - realServerReserveMiB - opcacheMiB) / phpChildMiB));
}

/** Memory that a real server needs for `children` php-fpm children. */
export function realServerMemoryMiB(children: number, opcacheMiB: number): number {
  return realServerReserveMiB + opcacheMiB + children * phpChildMiB;
}

/** Memory that MariaDB's machine needs for `connections`, with the smallest useful buffer pool. */
export function mysqlMemoryMiB(connections: number): number {
  return mysqlReserveMiB + smallestBufferPoolMiB + connections * mysqlConnectionMiB;
}

/** `innodb_buffer_pool_size`: the memory that the rest leaves; at least the smallest useful size. */
export function bufferPoolMiB(memoryMiB: number, connections: number): number {
  return Math.max(smallestBufferPoolMiB, memoryMiB - mysqlReserveMiB - connections * mysqlConnectionMiB);
}
