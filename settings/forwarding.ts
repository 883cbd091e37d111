/** How a director hands a packet to a real server: one row a method, everything that differs by method in it. */

export interface ForwardingMethod {
  /** What the method is called in full. */
  readonly title: string;
  /** ipvsadm's option (ipvsadm(8)). */
  readonly ipvsadmFlag: "-g" | "-m" | "-i --tun-type ipip";
  /** The real server's device that holds the VIP, unannounced; none where replies go back through the director. */
  readonly vipDevice?: "lo" | "tunl0";
  /** Whether a real server may listen on another port than the virtual service. */
  readonly mapsPorts: boolean;
  /** Whether the director also puts its own address in the place of the client's. */
  readonly sourceNat: boolean;
  /** Whether a real server's replies must find the director as their next hop. */
  readonly directorIsGateway: boolean;
  /** Where a real server may stand, seen from the VIP. */
  readonly realServersOn: "the VIP's network" | "a network behind the director" | "any network";
  /** Families of addresses that this project balances so. */
  readonly families: readonly (4 | 6)[];
}

export const forwardingMethods = {
  dr: {
    title: "direct routing",
    ipvsadmFlag: "-g",
    vipDevice: "lo",
    mapsPorts: false,
    sourceNat: false,
    directorIsGateway: false,
    realServersOn: "the VIP's network",
    families: [4, 6],
  },
  nat: {
    title: "network address translation",
    ipvsadmFlag: "-m",
    mapsPorts: true,
    sourceNat: false,
    directorIsGateway: true,
    realServersOn: "a network behind the director",
    families: [4],
  },
  tun: {
    title: "IP-in-IP tunnelling",
    ipvsadmFlag: "-i --tun-type ipip",
    vipDevice: "tunl0",
    mapsPorts: false,
    sourceNat: false,
    directorIsGateway: false,
    realServersOn: "any network",
    families: [4],
  },
  fullnat: {
    title: "full network address translation",
    ipvsadmFlag: "-m",
    mapsPorts: true,
    sourceNat: true,
    directorIsGateway: false,
    realServersOn: "any network",
    families: [4],
  },
} as const satisfies Record<string, ForwardingMethod>;

export type Forwarding = keyof typeof forwardingMethods;
export const forwardings = Object.keys(forwardingMethods) as Forwarding[];
/** A method's row, with every field that a method may have. */
export const methodOf = (forwarding: Forwarding): ForwardingMethod => forwardingMethods[forwarding];
