/** What a stack puts out. */
import type { SiteSettings } from "./site";

/** See index.ts. */
export interface StackOutputs {
  readonly site: SiteSettings;
  readonly url: string;
  readonly imageHash: string;
  /** WordPress's alone, as the next. */
  readonly adminPassword?: string;
  readonly databasePassword?: string;
  /** PEM; none without TLS, or with a certificate that was given. */
  readonly caCertificate?: string;
  readonly operatorKey: string;
  readonly hostKeys: Readonly<Record<string, string>>;
}
