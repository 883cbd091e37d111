/** Checks that a stale page is kept at least as long as a fresh one. */
import type { Problem } from "../problems";
import type { StackFile } from "../schema";

export function cacheProblems({ cache: { page } }: StackFile): Problem[] {
  if (page.staleSeconds >= page.seconds) return [];
  const message = `${page.staleSeconds} is shorter than cache.page.seconds, ${page.seconds}; write at least that`;
  return [{ path: "cache.page.staleSeconds", message }];
}
