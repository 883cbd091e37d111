/** One thing that goes wrong, and what takes it back. */
import type { SiteSettings } from "../settings/site";
import type { RunningSite } from "../running/runningSite";
import type { Bound } from "./bounds";

type Machines = readonly string[];

export interface Fault {
  readonly name: string;
  /** What happens, in a few words. */
  readonly what: string;
  /** Whether the site has what it takes. */
  readonly applies: (site: SiteSettings) => boolean;
  /** Names of the machines that it meets, as things are now. */
  readonly machines: (running: RunningSite) => Machines | Promise<Machines>;
  readonly inject: (running: RunningSite, machines: Machines) => Promise<void>;
  /** How long it stays before it is undone. */
  readonly holdSeconds: number;
  /** None for what has to heal by itself. May run twice, and when nothing was injected. */
  readonly undo?: (running: RunningSite, machines: Machines) => Promise<void>;
  readonly bound: (site: SiteSettings) => Bound;
}

/** Long enough for checks and VRRP to notice, and for a site without them to show what it does. */
export const hold = 10;

export const always = (): boolean => true;
