/** The machines of a replicated database, as `lvs-mysql status` on each tells. */
import { databasesOf } from "../settings/site";
import type { RunningSite } from "./runningSite";
import { table } from "../project/table";

export interface DatabaseStatus {
  /** `fenced`: takes no writes and follows nobody. */
  readonly role: "primary" | "replica" | "fenced";
  readonly gtid: string;
  /** A primary's: how many replicas confirm commits, and whether commits wait for them. */
  readonly replicas: number;
  readonly semiSynchronous: boolean;
  /** A replica's: whether it gets and applies what the primary writes. */
  readonly following: boolean;
  /** Whether it applies what it gets. */
  readonly applying: boolean;
  /** As `applying`, and where it gets nothing only the primary's silence is to blame. */
  readonly intact: boolean;
  readonly lagSeconds: number | null;
  /** For how long it has heard nothing of its primary; null where nobody knows. */
  readonly silentSeconds: number | null;
  readonly error: string;
}

/** Undefined for a machine that does not answer. */
export async function databaseStatus(
  running: RunningSite,
  name: string,
): Promise<DatabaseStatus | undefined> {
  const { code, stdout } = await running.exec(name, "lvs-mysql status", 30_000);
  return code === 0 ? (JSON.parse(stdout) as DatabaseStatus) : undefined;
}

export interface DatabaseHealth {
  readonly text: string;
  /** Whether each machine plays its part, and commits are confirmed. */
  readonly well: boolean;
}

/** Nothing for a database of one machine. */
export async function databaseHealth(running: RunningSite): Promise<DatabaseHealth | undefined> {
  if (!running.site.replica || !running.site.layDown) return undefined;
  const found = await Promise.all(
    databasesOf(running.site).map(async ({ name }) => ({
      name,
      status: await databaseStatus(running, name),
    })),
  );
  const rows = found.map(({ name, status }) =>
    status ? [name, status.role, replication(status), status.gtid] : [name, "unreachable", "", ""],
  );
  const one = (role: string) => found.filter(({ status }) => status?.role === role).length === 1;
  const confirmed = found.every(({ status }) => status?.role !== "primary" || status.semiSynchronous);
  const followed = found.every(({ status }) => status?.role !== "replica" || status.following);
  return {
    text: table(["database", "role", "replication", "GTID"], rows),
    well: one("primary") && one("replica") && confirmed && followed,
  };
}

export function replication(status: DatabaseStatus): string {
  switch (status.role) {
    case "primary":
      return status.semiSynchronous
        ? `semi-synchronous, ${status.replicas} confirming`
        : "asynchronous: nobody confirms commits";
    case "replica":
      return status.following ? `${status.lagSeconds ?? 0} s behind` : `broken off: ${status.error}`;
    case "fenced":
      return `takes no writes and follows nobody${status.error && `: ${status.error}`}`;
  }
}
