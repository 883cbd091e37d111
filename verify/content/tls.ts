/** Claims about TLS at every VIP: a certificate of the CA, HTTP/2, no protocol below TLS 1.2, and redirects from http. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  type ConnectionOptions,
  type SecureVersion,
  type TLSSocket,
  checkServerIdentity,
  connect,
} from "node:tls";
import type { SiteSettings } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, ensure } from "../claim";
import { type Entrance, entrancesOf, urlOf } from "../probing/entrances";
import { present } from "../../settings/lists";

/** Each VIP and port with this application, once. */
function entrancesFor(site: SiteSettings, application: "http" | "https"): Entrance[] {
  const all = site.services
    .flatMap((service) => entrancesOf(site, service))
    .filter((entrance) => entrance.application === application);
  return all.filter((one, index) => all.findIndex((other) => urlOf(other) === urlOf(one)) === index);
}

/** Does a TLS handshake. @throws the error of OpenSSL when it fails */
function handshake({ vip, port }: Entrance, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: vip, port, rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.setTimeout(20_000, () => socket.destroy(new Error("no handshake within 20 s")));
    socket.on("error", reject);
  });
}

const chain = (site: SiteSettings): Claim[] =>
  entrancesFor(site, "https").map((entrance) => ({
    id: `tls:${entrance.vip}:${entrance.port}`,
    text: `${urlOf(entrance)} shows a certificate of the CA, and speaks HTTP/2`,
    prove: (running) => proveChain(running, entrance),
  }));

async function proveChain(running: RunningSite, entrance: Entrance): Promise<string> {
  const socket = await handshake(entrance, {
    ALPNProtocols: ["h2", "http/1.1"],
    ...(running.caCertificate !== undefined && { ca: running.caCertificate, rejectUnauthorized: true }),
    checkServerIdentity: (_name, certificate) => checkServerIdentity(entrance.vip, certificate),
  });
  const shown = present(socket.getPeerX509Certificate(), "certificate of the server");
  const { alpnProtocol, authorized } = socket;
  const version = socket.getProtocol();
  socket.destroy();
  ensure(alpnProtocol === "h2", `ALPN agreed on ${alpnProtocol || "nothing"}`);
  const given = running.site.tls?.certificateFile;
  const seen = `${shown.subject.replaceAll("\n", ", ")} until ${shown.validTo}, ${version ?? ""}, h2`;
  if (given === undefined) {
    ensure(authorized, "the chain does not verify against the site's CA");
    return `verified: ${seen}`;
  }
  const own = new X509Certificate(readFileSync(given));
  ensure(own.fingerprint256 === shown.fingerprint256, `it is not ${given} but ${seen}`);
  return `the given one: ${seen}`;
}

const oldVersions: readonly SecureVersion[] = ["TLSv1", "TLSv1.1"];
const newVersions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

/** Errors that the server causes. An error of the local OpenSSL would prove nothing. */
const refusals = [
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  "ECONNRESET",
];

const versions = (site: SiteSettings): Claim[] =>
  entrancesFor(site, "https").map((entrance) => ({
    id: `tls-versions:${entrance.vip}:${entrance.port}`,
    text: `${urlOf(entrance)} answers TLS 1.2 and 1.3, and nothing below`,
    async prove() {
      for (const version of newVersions)
        (await handshake(entrance, { minVersion: version, maxVersion: version })).destroy();
      const refused: string[] = [];
      for (const version of oldVersions) {
        const ciphers = "ALL:@SECLEVEL=0";
        const old = { minVersion: version, maxVersion: version, ciphers };
        const said = await handshake(entrance, old).then(
          (socket) => {
            socket.destroy();
            return "a handshake";
          },
          ({ code, message }: NodeJS.ErrnoException) => code ?? message,
        );
        ensure(refusals.includes(said), `${version} was answered with ${said}`);
        refused.push(`${version} ${said}`);
      }
      return `${newVersions.join(" and ")} answer; ${refused.join(", ")}`;
    },
  }));

const redirect = (site: SiteSettings): Claim[] =>
  entrancesFor(site, "http").map((entrance) => ({
    id: `redirect:${entrance.vip}:${entrance.port}`,
    text: `${urlOf(entrance)} sends visitors to https`,
    async prove(running) {
      const { status, headers } = await running.get("/some/page?x=1", { base: urlOf(entrance) });
      const to = headers.location ?? "nowhere";
      const right = (status === 301 || status === 308) && /^https:\/\/.*\/some\/page\?x=1$/.test(to);
      ensure(right, `it was answered ${status}, to ${to}`);
      return `${status} to ${to}`;
    },
  }));

export const tlsClaims = (site: SiteSettings): Claim[] => [
  ...chain(site),
  ...versions(site),
  ...(site.tls?.redirect ? redirect(site) : []),
];
