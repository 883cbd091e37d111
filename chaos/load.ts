/**
 * The load: requests of an open model. They are due at fixed times and do not wait for earlier ones, as visitors do not wait for
 * each other. Each request has its own connection.
 */
import type { SiteSettings } from "../settings/site";
import type { RunningSite } from "../running/runningSite";
import { smallFile } from "../verify/content/wordpress";
import { type NonEmpty, inTurn } from "../settings/lists";

/** One request. Times are milliseconds since 1970, as of Date.now(). */
export interface Sample {
  readonly path: string;
  readonly due: number;
  readonly ended: number;
  /** Why it failed: `timeout`, `refused`, `reset`, `unreachable`, or an HTTP status. Missing for a good answer. */
  readonly error?: string;
  /** Name of the real server that answered. */
  readonly server?: string;
}

export interface LoadSettings {
  readonly ratePerSecond: number;
  /** A request without an answer in this time has failed. */
  readonly timeoutMs: number;
  /** The load ends by itself after this number of requests. */
  readonly limit: number;
}

/** The paths of ten requests: nine small files, and one page, which PHP makes unless the page cache has it. */
export function visitorPaths({ content, nfs }: SiteSettings): NonEmpty<string> {
  const small = content === "wordpress" ? smallFile : "/whoami";
  const page = content === "static" && !nfs ? small : "/";
  return [page, ...Array.from({ length: 9 }, () => small)];
}

const kinds: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ETIMEDOUT: "timeout",
};

/** The name of a request's error, as in `Sample.error`. */
export function errorKind(error: Error & { code?: string }): string {
  return kinds[error.code ?? ""] ?? (/no answer in time/.test(error.message) ? "timeout" : error.message);
}

export class Load {
  readonly samples: Sample[] = [];
  readonly started = Date.now();
  private readonly underWay = new Set<Promise<void>>();
  private readonly paths: NonEmpty<string>;
  private sent = 0;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly running: RunningSite,
    private readonly settings: LoadSettings,
  ) {
    this.paths = visitorPaths(running.site);
    this.sendDue();
  }

  /** Sends no further requests. Resolves with all samples when the last request has ended. */
  async stop(): Promise<readonly Sample[]> {
    clearTimeout(this.timer);
    await Promise.all(this.underWay);
    return this.samples;
  }

  private dueTime(index: number): number {
    return this.started + (index * 1000) / this.settings.ratePerSecond;
  }

  /** Sends all requests that are due: more than one when this process could not run in time. */
  private sendDue(): void {
    for (; this.dueTime(this.sent) <= Date.now(); this.sent += 1) {
      if (this.sent >= this.settings.limit) return;
      const sending = this.send(inTurn(this.paths, this.sent), this.dueTime(this.sent));
      this.underWay.add(sending);
      void sending.then(() => this.underWay.delete(sending));
    }
    this.timer = setTimeout(() => this.sendDue(), this.dueTime(this.sent) - Date.now());
  }

  private async send(path: string, due: number): Promise<void> {
    const { timeoutMs } = this.settings;
    const answered = await this.running.get(path, { timeoutMs }).then(
      ({ status, headers }) => ({
        ...(status >= 300 && { error: String(status) }),
        server: String(headers["x-real-server"]),
      }),
      (error: Error) => ({ error: errorKind(error) }),
    );
    const ended = Date.now();
    // A slow answer may take longer than the timeout of its connection, which counts idle time only.
    const late = ended - due > timeoutMs && !answered.error;
    this.samples.push({ path, due, ended, ...answered, ...(late && { error: "timeout" }) });
  }
}
