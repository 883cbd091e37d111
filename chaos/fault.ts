/** One fault: how it is injected and undone, and what the site promises while it lasts. */
import type { SiteSettings } from "../settings/site";
import type { RunningSite } from "../running/runningSite";
import type { Bound } from "./bounds";

type Machines = readonly string[];

export interface Fault {
  readonly name: string;
  /** What happens, in a few words, for people. */
  readonly what: string;
  /** Whether the site has the machines and settings that the fault needs. */
  readonly applies: (site: SiteSettings) => boolean;
  /** Names of the machines that it hits now. */
  readonly machines: (running: RunningSite) => Machines | Promise<Machines>;
  readonly inject: (running: RunningSite, machines: Machines) => Promise<void>;
  /** How long the fault lasts before it is undone, in seconds. */
  readonly holdSeconds: number;
  /** Missing for a fault that has to heal by itself. May run twice, and also when nothing was injected. */
  readonly undo?: (running: RunningSite, machines: Machines) => Promise<void>;
  /** True for a fault that the machines would repair by themselves: they repair nothing until it is undone. */
  readonly stays?: true;
  readonly bound: (site: SiteSettings) => Bound;
}

/** The usual duration of a fault in seconds: long enough for health checks and VRRP to detect it. */
export const holdSeconds = 10;

export const onEverySite = (): boolean => true;

/** Whether machines put back what is taken away. */
export const repairsItself = ({ reconcile }: SiteSettings): boolean => reconcile === true;
