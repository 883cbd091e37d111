/** A client that goes on while something else happens: requests one after another, and a download that takes its time. */
import type { RunningSite } from "../../running/runningSite";
import { type Entrance, probePath, urlOf } from "./entrances";

export interface Trickled<T> {
  readonly result: T;
  /** Who answered, in order. */
  readonly servers: readonly string[];
  /** What went wrong, a line each, with the time since the beginning. */
  readonly failures: readonly string[];
}

/** Asks `entrance` again and again, each time on a connection of its own, until `during` has ended. */
export async function trickle<T>(
  running: RunningSite,
  entrance: Entrance,
  during: () => Promise<T>,
  pauseMs = 50,
): Promise<Trickled<T>> {
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
        servers.push(String(headers["x-real-server"]));
        if (status >= 400) failures.push(`after ${seconds} s: ${status} from ${servers.at(-1)!}`);
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

/** Bytes of the file behind /big and /slow. */
const sampleBytes = 4 * 1_048_576;

export interface SlowDownload {
  /** Name of the real server, once it answers. */
  readonly server: string;
  /** How long it took, in seconds, once it has come whole. @throws when it did not */
  readonly whole: Promise<number>;
}

/** Begins a download over http that takes about a minute (64 KiB a second), on one connection. */
export async function slowDownload(entrance: Entrance): Promise<SlowDownload> {
  const started = Date.now();
  const response = await fetch(`${urlOf(entrance)}slow`);
  const server = response.headers.get("x-real-server") ?? "nobody";
  const whole = response.arrayBuffer().then(({ byteLength }) => {
    if (byteLength !== sampleBytes)
      throw new Error(`the download from ${server} ended after ${byteLength} bytes`);
    return (Date.now() - started) / 1000;
  });
  // Whoever waits for it hears of a failure; until then it is no crash.
  whole.catch(() => undefined);
  return { server, whole };
}
