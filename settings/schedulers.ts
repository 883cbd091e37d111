/**
 * The kernel's IPVS schedulers (ipvsadm(8), `--scheduler`). One row per scheduler holds everything that differs
 * between schedulers. The director refuses a scheduler that its kernel lacks before it changes the table.
 */

export interface SchedulerTraits {
  /** The full name of the scheduler. */
  readonly title: string;
  /** What decides which real server gets a connection. */
  readonly decidesBy: "turn" | "chance" | "open connections" | "source address" | "destination address";
  /** Whether a real server with a higher weight gets more. A weight of 0 always means no new connections. */
  readonly usesWeights: boolean;
  /**
   * How connections that stay open spread over the real servers:
   * - `in shares`: after each full cycle every real server has its share by weight
   * - `to all`: every real server gets some, in shares that change with the load
   * - `to one`: all go to one real server while it is available
   * - `to one until full`: they go to one real server until it has as many as its weight, then to the next
   * - `by address`: the same address goes to the same real server
   * - `by chance`: it draws lots
   */
  readonly spread: "in shares" | "to all" | "to one" | "to one until full" | "by address" | "by chance";
  /** Whether it remembers the real server that it first chose for a destination address. */
  readonly remembersDestination: boolean;
  /** Its flags (ipvsadm(8), `--sched-flags`), in ipvsadm's order. */
  readonly flags: readonly string[];
}

/** The rows. `schedulers` lists them in this order. */
export const schedulerTraits = {
  rr: {
    title: "round robin",
    decidesBy: "turn",
    usesWeights: false,
    spread: "in shares",
    remembersDestination: false,
    flags: [],
  },
  wrr: {
    title: "weighted round robin",
    decidesBy: "turn",
    usesWeights: true,
    spread: "in shares",
    remembersDestination: false,
    flags: [],
  },
  lc: {
    title: "least connection",
    decidesBy: "open connections",
    usesWeights: false,
    spread: "in shares",
    remembersDestination: false,
    flags: [],
  },
  wlc: {
    title: "weighted least connection",
    decidesBy: "open connections",
    usesWeights: true,
    spread: "in shares",
    remembersDestination: false,
    flags: [],
  },
  lblc: {
    title: "locality-based least connection",
    decidesBy: "destination address",
    usesWeights: true,
    spread: "by address",
    remembersDestination: true,
    flags: [],
  },
  lblcr: {
    title: "locality-based least connection with replication",
    decidesBy: "destination address",
    usesWeights: true,
    spread: "by address",
    remembersDestination: true,
    flags: [],
  },
  dh: {
    title: "destination hashing",
    decidesBy: "destination address",
    usesWeights: false,
    spread: "by address",
    remembersDestination: false,
    flags: [],
  },
  sh: {
    title: "source hashing",
    decidesBy: "source address",
    usesWeights: true,
    spread: "by address",
    remembersDestination: false,
    flags: ["sh-fallback", "sh-port"],
  },
  sed: {
    title: "shortest expected delay",
    decidesBy: "open connections",
    usesWeights: true,
    spread: "to all",
    remembersDestination: false,
    flags: [],
  },
  nq: {
    title: "never queue",
    decidesBy: "open connections",
    usesWeights: true,
    spread: "to all",
    remembersDestination: false,
    flags: [],
  },
  fo: {
    title: "weighted failover",
    decidesBy: "open connections",
    usesWeights: true,
    spread: "to one",
    remembersDestination: false,
    flags: [],
  },
  ovf: {
    title: "weighted overflow",
    decidesBy: "open connections",
    usesWeights: true,
    spread: "to one until full",
    remembersDestination: false,
    flags: [],
  },
  mh: {
    title: "Maglev hashing",
    decidesBy: "source address",
    usesWeights: true,
    spread: "by address",
    remembersDestination: false,
    flags: ["mh-fallback", "mh-port"],
  },
  twos: {
    title: "power of two random choices",
    decidesBy: "chance",
    usesWeights: true,
    spread: "by chance",
    remembersDestination: false,
    flags: [],
  },
} as const satisfies Record<string, SchedulerTraits>;

export type Scheduler = keyof typeof schedulerTraits;
export const schedulers = Object.keys(schedulerTraits) as Scheduler[];

/** The values of ipvsadm's `-b`. Each flag belongs to one scheduler. */
export type SchedulerFlag = (typeof schedulerTraits)[Scheduler]["flags"][number];
/** All flags, in ipvsadm's order. */
export const schedulerFlags: readonly SchedulerFlag[] = schedulers.flatMap(
  (scheduler): readonly SchedulerFlag[] => schedulerTraits[scheduler].flags,
);

/** Returns the scheduler's row, typed with all its fields. */
export const traitsOf = (scheduler: Scheduler): SchedulerTraits => schedulerTraits[scheduler];

/** Whether two consecutive connections always go to different real servers, as long as two are available. */
export function alternates(scheduler: Scheduler): boolean {
  const { decidesBy, usesWeights } = traitsOf(scheduler);
  return decidesBy === "turn" && !usesWeights;
}

/** Whether every real server gets connections, in predictable shares, whatever the addresses of client and VIP. */
export function reachesAll(scheduler: Scheduler): boolean {
  const { spread } = traitsOf(scheduler);
  return spread === "in shares" || spread === "to all";
}
