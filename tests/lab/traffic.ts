/** Requests during another action. */
import { startBeside } from "./traces";

export interface TrickleResult {
  readonly requests: number;
  /** The error of each failed request. */
  readonly failures: readonly string[];
  /** Names of the real servers that answered the last twenty requests, each once. */
  readonly realServers: readonly string[];
}

/**
 * Requests `url` until it is stopped, for at most ten minutes. Each request uses a new connection and is followed by
 * a pause of 200 ms.
 */
export function trickle(url: string): { stop(): Promise<TrickleResult> } {
  let stopped = false;
  const answers: string[] = [];
  const deadline = Date.now() + 10 * 60_000;
  const run = async (): Promise<void> => {
    while (!stopped && Date.now() < deadline) {
      const { code, output } = await startBeside("curl", "-sS", "-f", "--max-time", "10", url);
      answers.push(code === 0 ? output : `failed: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
      const failures = answers.filter((answer) => answer.startsWith("failed"));
      const names = answers.slice(-20).flatMap((answer) => /real-server=(\S+)/.exec(answer)?.[1] ?? []);
      return { requests: answers.length, failures, realServers: [...new Set(names)] };
    },
  };
}
