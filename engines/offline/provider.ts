/** What a provider of the offline engine does. */
import type { Values } from "./journal";

/** What a resource is once it exists. */
export interface Made {
  readonly id: string;
  /** Outputs beside the inputs. */
  readonly outputs: Values;
}

export interface Context {
  readonly name: string;
  /** URI of the libvirt connection. */
  readonly uri: string;
  /** Tells what is going on, one line at a time. */
  readonly say: (line: string) => void;
}

export interface Provider {
  readonly create: (inputs: Values, context: Context) => Promise<Made>;
  /** Undoes `create`, also half of it, also twice. Default: nothing to undo. */
  readonly remove?: (inputs: Values, made: Made, context: Context) => Promise<void>;
  /** How a changed resource becomes the new one. Default: `create` runs again on it. */
  readonly onChange?: "removeFirst" | "removeLast";
  /** Whether the resource may stay as it is. Default: when no input changed. */
  readonly same?: (before: Values, now: Values) => boolean;
  /** Whether time has run out for what was made, so that it is made anew all the same. Default: never. */
  readonly stale?: (made: Made, now: Values) => boolean;
}
