/** Settings for the caches of real servers. */
import { z } from "zod";
import { whole } from "../fields";

const page = z.strictObject({
  seconds: whole(0, 86_400)
    .default(10)
    .describe(
      "Maximum age of a cached WordPress page, for visitors who are not logged in and have not just posted a comment; `0` switches the cache off.",
    ),
  staleSeconds: whole(1, 31_536_000)
    .default(86_400)
    .describe(
      "How long an unused page stays in the cache, to be served when PHP, NFS or the database fails.",
    ),
  timeoutSeconds: whole(1, 120)
    .default(10)
    .describe("If PHP needs longer than this, the cached copy is served."),
  maxMiB: whole(16, 2048)
    .default(128)
    .describe("Disk space on each real server for cached pages; cached files get the same amount again."),
});

export const cache = z.strictObject({
  page: page
    .prefault({})
    .describe(
      "Cache of WordPress's pages and files (style sheets, scripts, pictures) on each real server's disk.",
    ),
  opcacheMiB: whole(16, 4096).default(96).describe("Memory for compiled PHP (`opcache.memory_consumption`)."),
  realpathCacheKiB: whole(16, 65_536)
    .default(1024)
    .describe("Memory of each php-fpm child for resolved paths (`realpath_cache_size`)."),
});
