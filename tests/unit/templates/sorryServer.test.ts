import { resolveSite } from "../../../settings/resolve";
import type { SiteSettings } from "../../../settings/site";
import { directorNginxConf, sorryNginxConf, sorryPage } from "../../../templates/sorryServer";

const siteOf = (services: object[], more: Record<string, unknown> = {}): SiteSettings =>
  resolveSite("dev", {
    content: "static",
    network: { cidr6: "fd00:16::/64" },
    networks: [{ name: "inside", cidr: "172.16.1.0/24" }],
    director: { manager: "keepalived" },
    sorryServer: {},
    services,
    ...more,
  });
const listensOf = (text: string) => text.match(/(?<=listen ).*(?=;)/g);
const onDirector = (...services: object[]) => {
  const site = siteOf(services);
  return listensOf(directorNginxConf(site, site.director));
};
const onMachine = (...services: object[]) =>
  listensOf(sorryNginxConf(siteOf(services, { sorryServer: { on: "machine" } })));

describe("the page is", () => {
  test("where clients come to the director, whatever port real servers have", () => {
    expect(onDirector({ forwarding: "nat", realServerPort: 8080 })).toEqual(["80", "172.16.0.31:9112"]);
    expect(onMachine({ forwarding: "nat", realServerPort: 8080 })).toEqual(["8080"]);
  });

  test("at ranges, and at the usual port of a service of every port", () => {
    expect(onDirector({ ports: [81, "8000-8010"] })!.slice(0, -1)).toEqual(["81", "8000-8010"]);
    expect(onDirector({ port: 0, persistence: {} })!.slice(0, -1)).toEqual(["80"]);
  });

  test("where browsers go, and nowhere else", () => {
    expect(onDirector({}, { port: 22 }, { port: 7007, protocol: "udp" })!.slice(0, -1)).toEqual(["80"]);
  });

  test("there over IPv6 too once there is an IPv6 VIP", () => {
    expect(onMachine({ vip: "fd00:16::40" })).toEqual(["80", "[::]:80"]);
  });

  test("there with the site's certificate for https", () => {
    const site = siteOf([{ ports: [80, 443] }], { tls: {} });
    const text = directorNginxConf(site, site.director);
    expect(listensOf(text)!.slice(0, -1)).toEqual(["80", "443 ssl http2"]);
    expect(text).toContain("ssl_certificate_key /etc/nginx/tls.key;");
    expect(directorNginxConf(siteOf([{}]), site.director)).not.toContain("ssl");
  });
});

test.each([
  [1, "in 1 second"],
  [30, "in 30 seconds"],
  [120, "in 2 minutes"],
  [3600, "in 60 minutes"],
  [86_400, "in 24 hours"],
])("a page for %d s says %j", (retryAfterSeconds, words) => {
  const site = siteOf([{}], { sorryServer: { retryAfterSeconds } });
  expect(sorryPage(site)).toContain(`Please try again ${words}.`);
  expect(directorNginxConf(site, site.director)).toContain(`Retry-After ${retryAfterSeconds} always;`);
});

test("the page speaks of nothing that its reader does not know", () => {
  expect(sorryPage(siteOf([{}]))).not.toMatch(/server|503|director|nginx|LVS|HTTP/i);
});
