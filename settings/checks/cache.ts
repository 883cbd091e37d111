/** Whether a page is kept for as long as it may be shown. */
import type { Problem } from "../problems";
import type { StackFile } from "../schema";

export function cacheProblems({ cache: { page } }: StackFile): Problem[] {
  if (page.staleSeconds >= page.seconds) return [];
  const message = `${page.staleSeconds} is shorter than cache.page.seconds, ${page.seconds}; write at least that`;
  return [{ path: "cache.page.staleSeconds", message }];
}
