/** Refuses settings of parts that the site does not have, because they would have no effect. */
import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../problems";
import { type StackFile, siteSchema } from "../schema";

const usual = siteSchema.parse({});

interface ChangedSetting {
  readonly path: string;
  readonly value: unknown;
}

/** Returns the settings below `path` that differ from their defaults. A file may write defaults out. */
export function changedSettings(path: string, said: unknown, defaults: unknown): ChangedSetting[] {
  if (typeof said === "object" && said !== null && !Array.isArray(said))
    return Object.entries(said).flatMap(([key, value]) =>
      changedSettings(`${path}.${key}`, value, (defaults as Record<string, unknown> | undefined)?.[key]),
    );
  return isDeepStrictEqual(said, defaults) ? [] : [{ path, value: said }];
}

export function unusedProblems(file: StackFile): Problem[] {
  const { content, directors, director, vrrp, wordpress, cache, php, tls } = file;
  const { page, ...phpCaches } = cache;
  const { page: usualPage, ...usualPhpCaches } = usual.cache;
  const problems: Problem[] = [];
  const refuse = (said: readonly ChangedSetting[], why: (one: ChangedSetting) => string) =>
    problems.push(...said.map((one) => ({ path: one.path, message: why(one) })));
  if (directors === 1)
    refuse(
      [...changedSettings("director.peer", director.peer, {}), ...changedSettings("vrrp", vrrp, usual.vrrp)],
      ({ value }) =>
        `${String(value)} is for a second director, and there is 1; leave it out, or write 2 as directors`,
    );
  if (content !== "wordpress")
    refuse(
      [
        ...changedSettings("wordpress", wordpress, usual.wordpress),
        ...changedSettings("cache.page", page, usualPage),
      ],
      ({ path }) =>
        tls && path === "wordpress.hostNames"
          ? `is a setting of WordPress, and this is a ${content} site; write the names as tls.names`
          : `is a setting of WordPress, and this is a ${content} site; leave it out, or write "wordpress" as content`,
    );
  if (content === "static")
    refuse(
      [...changedSettings("cache", phpCaches, usualPhpCaches), ...changedSettings("php", php, usual.php)],
      () =>
        'is a setting of PHP, and a static site has none; leave it out, or write "shop" or "wordpress" as content',
    );
  return problems;
}
