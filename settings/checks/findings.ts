/** How the checks of one service are written. */
import type { ForwardingMethod } from "../forwarding";
import type { StackFile } from "../schema";
import type { SiteSettings, VirtualServiceSettings } from "../site";

/** One thing to mend in a service: the key, and what is wrong with it. */
export type Finding = readonly [key: string, message: string];

/** One service, as it is and as its stack file says it. */
export interface Context {
  readonly site: SiteSettings;
  readonly service: VirtualServiceSettings;
  readonly said: StackFile["services"][number];
  readonly method: ForwardingMethod;
}
