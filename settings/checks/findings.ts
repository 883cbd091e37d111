/** Types for the checks of one service. */
import type { ForwardingMethod } from "../forwarding";
import type { StackFile } from "../schema";
import type { SiteSettings, VirtualServiceSettings } from "../site";

/** A problem of a service: the key below it, and the message. */
export type Finding = readonly [key: string, message: string];

/** A service, with its settings in the stack file. */
export interface Context {
  readonly site: SiteSettings;
  readonly service: VirtualServiceSettings;
  readonly said: StackFile["services"][number];
  readonly method: ForwardingMethod;
}
