/** Settings for the caches of real servers. */
import { z } from "zod";
import { whole } from "../fields";

const page = z.strictObject({
  seconds: whole(0, 86_400)
    .default(10)
    .describe(
      "How old a page of WordPress may be for visitors who are not logged in and have not just posted something; `0` switches the cache off.",
    ),
  staleSeconds: whole(1, 31_536_000)
    .default(86_400)
    .describe(
      "How long a page that nobody asks for is kept, to be served when PHP, NFS or the database fail.",
    ),
  timeoutSeconds: whole(1, 120)
    .default(10)
    .describe("A page that PHP has not made in this time is served as it was last."),
  maxMiB: whole(16, 2048)
    .default(128)
    .describe("Room on each real server's disk for pages, and as much for files."),
});

export const cache = z.strictObject({
  page: page
    .prefault({})
    .describe(
      "WordPress's pages and files (style sheets, scripts, pictures), on each real server's own disk.",
    ),
  opcacheMiB: whole(16, 4096).default(96).describe("Memory for compiled PHP (`opcache.memory_consumption`)."),
  realpathCacheKiB: whole(16, 65_536)
    .default(1024)
    .describe("Memory of each php-fpm child for where files are (`realpath_cache_size`)."),
});
