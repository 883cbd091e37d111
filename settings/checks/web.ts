/** Checks that pages have a service that serves them, and that https has a certificate. */
import type { Problem } from "../problems";
import { methodOf } from "../forwarding";
import { type Application, type SiteSettings, bracketed, hasWeb, isWeb, entryPoints } from "../site";

export function webProblems(site: SiteSettings): Problem[] {
  if (site.content !== "wordpress" || hasWeb(site)) return [];
  const message =
    'no service uses http or https, so nothing serves "wordpress"; write a service with port 80, or "static" here';
  return [{ path: "content", message }];
}

export function tlsProblems(site: SiteSettings): Problem[] {
  const https = site.services.findIndex(({ listeners }) =>
    listeners.some(({ application }) => application === "https"),
  );
  if (https >= 0 && !site.tls)
    return [{ path: `services[${https}]`, message: "https needs a certificate; write tls: {} for one" }];
  if (https < 0 && site.tls)
    return [{ path: "tls", message: "no service uses https; write one with port 443" }];
  return [];
}

/** With full NAT, real servers see the director's address in the place of a proxy's. */
export function proxyProblems({ trustedProxies = [], services }: SiteSettings): Problem[] {
  if (trustedProxies.length === 0) return [];
  const web = services.filter(({ listeners }) => listeners.some(({ application }) => isWeb(application)));
  const hidden = web.find(({ forwarding }) => methodOf(forwarding).sourceNat);
  if (hidden)
    return [
      {
        path: "trustedProxies",
        message: `${hidden.name} uses "${hidden.forwarding}", with which real servers do not see the proxy's address; use another forwarding method, or leave it out`,
      },
    ];
  const message = "no service uses http or https; leave it out";
  return web.length > 0 ? [] : [{ path: "trustedProxies", message }];
}

/**
 * A redirect keeps the client's host and names the port of the first https service. So that port must be served at
 * each VIP with http.
 */
export function redirectProblems(site: SiteSettings): Problem[] {
  const ways = entryPoints(site);
  const speaks = (wanted: Application) => ways.filter(({ listener }) => listener.application === wanted);
  const https = speaks("https");
  const port = https[0]?.port;
  if (!site.tls?.redirect || port === undefined) return [];
  const vips = [...new Set(speaks("http").map(({ vip }) => vip))];
  return vips
    .filter((vip) => !https.some((way) => way.vip === vip && way.port === port))
    .map((vip) => ({
      path: "tls.redirect",
      message: `sends clients of ${vip} to https at ${bracketed(vip)}:${port}, where no service uses it; write one with vip ${vip} and port ${port}, or leave redirect out`,
    }));
}
