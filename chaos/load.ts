/**
 * The visitors: an open-model load. Requests are due at fixed times, whatever became of earlier ones, for visitors do not wait
 * for each other. Each has a connection of its own.
 */
import type { SiteSettings } from "../settings/site";
import type { RunningSite } from "../running/runningSite";
import { smallFile } from "../verify/content/wordpress";

/** One request. Times are in milliseconds, as Date.now() has them. */
export interface Sample {
  readonly path: string;
  readonly due: number;
  readonly ended: number;
  /** What went wrong: `timeout`, `refused`, `reset`, `unreachable`, or an HTTP status; none for a good answer. */
  readonly error?: string;
  /** Name of the real server that answered. */
  readonly server?: string;
}

export interface LoadSettings {
  readonly ratePerSecond: number;
  /** What is not answered in this time has failed. */
  readonly timeoutMs: number;
  /** It ends by itself after so many requests. */
  readonly limit: number;
}

/** Ten requests and what they ask for: small files, and one page, which PHP makes unless a page cache has it. */
export function visitorPaths({ content, nfs }: SiteSettings): readonly string[] {
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

/** What a request's error is called. */
export function errorKind(error: Error & { code?: string }): string {
  return kinds[error.code ?? ""] ?? (/no answer in time/.test(error.message) ? "timeout" : error.message);
}

export class Load {
  readonly samples: Sample[] = [];
  readonly started = Date.now();
  private readonly underWay = new Set<Promise<void>>();
  private readonly paths: readonly string[];
  private sent = 0;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly running: RunningSite,
    private readonly settings: LoadSettings,
  ) {
    this.paths = visitorPaths(running.site);
    this.sendDue();
  }

  /** No further requests; gives all of them once the last has ended. */
  async stop(): Promise<readonly Sample[]> {
    clearTimeout(this.timer);
    await Promise.all(this.underWay);
    return this.samples;
  }

  private dueTime(index: number): number {
    return this.started + (index * 1000) / this.settings.ratePerSecond;
  }

  /** All that is due: when this process was kept from running, several. */
  private sendDue(): void {
    for (; this.dueTime(this.sent) <= Date.now(); this.sent += 1) {
      if (this.sent >= this.settings.limit) return;
      const sending = this.send(this.paths[this.sent % this.paths.length]!, this.dueTime(this.sent));
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
    // An answer that trickles in may outlast a time-out of the connection.
    const late = ended - due > timeoutMs && !answered.error;
    this.samples.push({ path, due, ended, ...answered, ...(late && { error: "timeout" }) });
  }
}
