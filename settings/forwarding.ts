/** How a director hands a packet to a real server: one row a method, everything that differs by method in it. */

export interface ForwardingMethod {
  /** ipvsadm's option and its name in `ipvsadm -Ln` (ipvsadm(8)). */
  readonly ipvsadmFlag: "-g" | "-m" | "-i";
  readonly listedAs: "Route" | "Masq" | "Tunnel";
  /** Whether the real server holds the VIP, unannounced. */
  readonly realServerHoldsVip: boolean;
}

export const forwardingMethods = {
  dr: { ipvsadmFlag: "-g", listedAs: "Route", realServerHoldsVip: true },
} as const satisfies Record<string, ForwardingMethod>;

export type Forwarding = keyof typeof forwardingMethods;
export const forwardings = Object.keys(forwardingMethods) as Forwarding[];
