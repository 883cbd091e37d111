/** The kernel's IPVS table as ipvsadm lists it. */
import { type VirtualServiceSettings, bracketed } from "../settings/site";

/** A listing by service: each real server's endpoint, and the numbers of its columns. */
export type Listing = ReadonlyMap<
  string,
  readonly { readonly endpoint: string; readonly numbers: readonly number[] }[]
>;

/** Parses the output of `ipvsadm -Ln`, also with options for other columns. Keys are services such as `TCP 172.16.0.40:80` and `FWM 66`. */
export function parseListing(text: string): Listing {
  const listing = new Map<string, { endpoint: string; numbers: number[] }[]>();
  let servers: { endpoint: string; numbers: number[] }[] = [];
  for (const words of text.split("\n").map((line) => line.trim().split(/\s+/))) {
    const [first = "", second = "", third] = words;
    if (/^(TCP|UDP|SCTP|FWM)$/.test(first)) {
      servers = [];
      listing.set([first, second, ...(third === "IPv6" ? [third] : [])].join(" "), servers);
    } else if (first === "->" && /\d$/.test(second)) {
      servers.push({ endpoint: second, numbers: words.filter((word) => /^\d+$/.test(word)).map(Number) });
    }
  }
  return listing;
}

/** The name of a service in a listing. */
export function listedAs({ fwmark, family, protocol, vip, port }: VirtualServiceSettings): string {
  if (fwmark !== undefined) return `FWM ${fwmark}${family === 6 ? " IPv6" : ""}`;
  return `${protocol.toUpperCase()} ${bracketed(vip)}:${port}`;
}
