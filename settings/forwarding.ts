/** How a director forwards a packet to a real server. One row per method holds everything that differs between methods. */

export interface ForwardingMethod {
  /** The full name of the method. */
  readonly title: string;
  /** ipvsadm's option (ipvsadm(8)). */
  readonly ipvsadmFlag: "-g" | "-m" | "-i --tun-type ipip";
  /**
   * The real server's device that holds the VIP without announcing it by ARP or NDP. Undefined where replies return
   * through the director.
   */
  readonly vipDevice?: "lo" | "tunl0";
  /** Whether a real server may listen on a port that differs from the virtual service's. */
  readonly mapsPorts: boolean;
  /** Whether the director also replaces the client's address by its own. */
  readonly sourceNat: boolean;
  /** Whether the director must be the next hop of a real server's replies. */
  readonly directorIsGateway: boolean;
  /** Where a real server may be, relative to the VIP. */
  readonly realServersOn: "the VIP's network" | "a network behind the director" | "any network";
  /** Address families that this project supports with the method. */
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
/** Returns the method's row, typed with all fields that a method may have. */
export const methodOf = (forwarding: Forwarding): ForwardingMethod => forwardingMethods[forwarding];
