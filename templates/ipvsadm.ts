/** A virtual service in the words of ipvsadm(8). */
import { type VirtualServiceSettings, bracketed } from "../settings/site";

const protocolOptions = { tcp: "-t", udp: "-u", sctp: "--sctp-service" } as const;

/** The option of ipvsadm(8) that says what kind of service follows. */
export const serviceOption = ({ fwmark, protocol }: VirtualServiceSettings): string =>
  fwmark === undefined ? protocolOptions[protocol] : "-f";

/** Option and name of a service: `-t VIP:PORT`, or `-f MARK`, with ` -6` for IPv6. */
export function virtualKey(service: VirtualServiceSettings): string {
  const { fwmark, family, vip, port } = service;
  const named = fwmark === undefined ? `${bracketed(vip)}:${port}` : `${fwmark}${family === 6 ? " -6" : ""}`;
  return `${serviceOption(service)} ${named}`;
}
