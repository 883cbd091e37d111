/** Requests that go on while something else happens. */
import { startBeside } from "./traces";

export interface TrickleResult {
  readonly requests: number;
  /** What each request that was not answered said. */
  readonly failures: readonly string[];
  /** Names of the real servers that answered the last twenty, each once. */
  readonly realServers: readonly string[];
}

/** Asks `url` five times a second, at most for ten minutes, until it is stopped; each request has a connection of its own. */
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
