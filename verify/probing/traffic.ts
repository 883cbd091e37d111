/** Traffic during an event: requests one after another, and a slow download. */
import type { RunningSite } from "../../running/runningSite";
import { type Entrance, probePath, urlOf } from "./entrances";

export interface RequestsDuring<T> {
  readonly result: T;
  /** The real servers that answered, in order. */
  readonly servers: readonly string[];
  /** One line per failed request, with the time since the beginning. */
  readonly failures: readonly string[];
}

/** Sends requests one after another, each on a new connection, until `during` has resolved. */
export async function requestsDuring<T>(
  running: RunningSite,
  entrance: Entrance,
  during: () => Promise<T>,
  pauseMs = 50,
): Promise<RequestsDuring<T>> {
  const started = Date.now();
  const servers: string[] = [];
  const failures: string[] = [];
  let over = false;
  const asking = (async () => {
    while (!over) {
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      try {
        const { status, headers } = await running.get(probePath(running.site), {
          base: urlOf(entrance),
          timeoutMs: 10_000,
        });
        const server = String(headers["x-real-server"]);
        servers.push(server);
        if (status >= 400) failures.push(`after ${seconds} s: ${status} from ${server}`);
      } catch (error) {
        failures.push(`after ${seconds} s: ${(error as Error).message}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  try {
    return { result: await during(), servers, failures };
  } finally {
    over = true;
    await asking;
  }
}

/** Size of /big and /slow in bytes. */
const sampleBytes = 4 * 1_048_576;

export interface SlowDownload {
  /** Resolves with the name of the real server when it answers. */
  readonly server: string;
  /** Resolves with the duration in seconds when the download is complete. @throws when it is not */
  readonly whole: Promise<number>;
}

/** Starts a download over http that takes about a minute (64 KiB per second), on one connection. */
export async function slowDownload(entrance: Entrance): Promise<SlowDownload> {
  const started = Date.now();
  const response = await fetch(`${urlOf(entrance)}slow`);
  const server = response.headers.get("x-real-server") ?? "nobody";
  const whole = response.arrayBuffer().then(({ byteLength }) => {
    if (byteLength !== sampleBytes)
      throw new Error(`the download from ${server} ended after ${byteLength} bytes`);
    return (Date.now() - started) / 1000;
  });
  // The caller gets the failure when it awaits the promise. Until then it must not end the process.
  whole.catch(() => undefined);
  return { server, whole };
}
