/**
 * The kernel's IPVS schedulers (ipvsadm(8), `--scheduler`). One that the guest's kernel lacks is refused by the director
 * before its table is touched.
 */
export const schedulers = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "sed",
  "nq",
  "fo",
  "ovf",
  "mh",
  "twos",
] as const;

export type Scheduler = (typeof schedulers)[number];

/** What may stand behind ipvsadm's `-b`, in the order in which it is listed there; each for one scheduler. */
export const schedulerFlags = ["sh-fallback", "sh-port", "mh-fallback", "mh-port"] as const;

export type SchedulerFlag = (typeof schedulerFlags)[number];
