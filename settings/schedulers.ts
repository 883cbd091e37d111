/** The kernel's IPVS schedulers that the guest kernel carries (ipvsadm(8), `--scheduler`). */
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
] as const;

export type Scheduler = (typeof schedulers)[number];
