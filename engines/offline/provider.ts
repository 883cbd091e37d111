/** The interface of a provider of the offline engine. */
import type { Values } from "./journal";

/** A resource that exists. */
export interface Made {
  readonly id: string;
  /** Outputs other than the inputs. */
  readonly outputs: Values;
}

export interface Context {
  readonly name: string;
  /** URI of the libvirt connection. */
  readonly uri: string;
  /** Shows progress, one line at a time. */
  readonly say: (line: string) => void;
}

export interface Provider {
  readonly create: (inputs: Values, context: Context) => Promise<Made>;
  /** Undoes `create`, even if that was incomplete or if `remove` ran before. Default: there is nothing to undo. */
  readonly remove?: (inputs: Values, made: Made, context: Context) => Promise<void>;
  /**
   * How a changed resource is replaced: the old one is removed before the new one is made, or at the end of the
   * run. Default: `create` runs again on the same resource.
   */
  readonly onChange?: "removeFirst" | "removeLast";
  /** Whether the resource can stay as it is. Default: no input has changed. */
  readonly same?: (before: Values, now: Values) => boolean;
  /** Whether an unchanged resource must be made anew because of its age. Default: never. */
  readonly stale?: (made: Made, now: Values) => boolean;
}
