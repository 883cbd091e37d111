import { resolveSite } from "../../../settings/resolve";
import { siteSchema } from "../../../settings/schema";
import { saidOf } from "./said";

const wordpressOnly = (content: string) =>
  `is a setting of WordPress, and this is a ${content} site; leave it out, or write "wordpress" as content`;
const phpOnly =
  'is a setting of PHP, and a static site has none; leave it out, or write "shop" or "wordpress" as content';

test.each<[string, Record<string, unknown>, string[]]>([
  [
    "WordPress's settings on a static site",
    { content: "static", wordpress: { title: "Nobody's", hostNames: ["www.example.org"] } },
    [`wordpress.title: ${wordpressOnly("static")}`, `wordpress.hostNames: ${wordpressOnly("static")}`],
  ],
  [
    "a WordPress site's names where a certificate wants them",
    { content: "static", services: [{ port: 443 }], tls: {}, wordpress: { hostNames: ["www.example.org"] } },
    [
      "wordpress.hostNames: is a setting of WordPress, and this is a static site; write the names as tls.names",
    ],
  ],
  [
    "a page cache of a shop",
    { content: "shop", cache: { page: { seconds: 60 } } },
    [`cache.page.seconds: ${wordpressOnly("shop")}`],
  ],
  [
    "PHP of a static site",
    {
      content: "static",
      cache: { opcacheMiB: 64, realpathCacheKiB: 64 },
      php: { listener: "unix", maxChildren: 3 },
    },
    [
      `cache.opcacheMiB: ${phpOnly}`,
      `cache.realpathCacheKiB: ${phpOnly}`,
      `php.listener: ${phpOnly}`,
      `php.maxChildren: ${phpOnly}`,
    ],
  ],
])("%s: refused", (_what, raw, lines) => {
  expect(saidOf(raw)).toEqual(lines);
});

test("a shop's PHP is its own", () => {
  const cache = { opcacheMiB: 64 };
  expect(resolveSite("dev", { content: "shop", cache, php: { listener: "unix" } }).cache.opcacheMiB).toBe(64);
});

test("defaults that a file spells out are no more than that", () => {
  const { cache, wordpress, php, vrrp } = siteSchema.parse({});
  expect(() => resolveSite("dev", { content: "static", cache, wordpress, php, vrrp })).not.toThrow();
});
