/** The state of a replicated database, as `lvs-mysql status` reports it on each machine. */
import { databasesOf } from "../settings/site";
import type { RunningSite } from "./runningSite";
import { table } from "../project/table";

export interface DatabaseStatus {
  /** `fenced`: takes no writes and replicates from nobody. */
  readonly role: "primary" | "replica" | "fenced";
  readonly gtid: string;
  /** Of a primary: how many replicas confirm commits, and whether commits wait for them. */
  readonly replicas: number;
  readonly semiSynchronous: boolean;
  /** Of a replica: whether it receives and applies what the primary writes. */
  readonly following: boolean;
  /** Whether the replica applies what it has received. */
  readonly applying: boolean;
  /** As `applying`, and if it receives nothing, the only reason is that the primary does not answer. */
  readonly intact: boolean;
  readonly lagSeconds: number | null;
  /** Seconds since it last received something from its primary. Null when unknown. */
  readonly silentSeconds: number | null;
  readonly error: string;
}

/** The state of one database machine. Undefined when it does not answer. */
export async function databaseStatus(
  running: RunningSite,
  name: string,
): Promise<DatabaseStatus | undefined> {
  const { code, stdout } = await running.exec(name, "lvs-mysql status", 30_000);
  return code === 0 ? (JSON.parse(stdout) as DatabaseStatus) : undefined;
}

export interface DatabaseHealth {
  /** Without a status for a machine that does not answer. */
  readonly machines: readonly { readonly name: string; readonly status?: DatabaseStatus }[];
  readonly text: string;
  /** Whether each machine has its role and commits are confirmed. */
  readonly well: boolean;
}

/** The state of the whole database. Undefined for a site without a replica. */
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
    machines: found,
    text: table(["database", "role", "replication", "GTID"], rows),
    well: one("primary") && one("replica") && confirmed && followed,
  };
}

export function replication(status: DatabaseStatus): string {
  switch (status.role) {
    case "primary":
      return status.semiSynchronous
        ? `semi-synchronous, ${status.replicas} confirming`
        : "asynchronous: no replica confirms commits";
    case "replica":
      return status.following ? `${status.lagSeconds ?? 0} s behind` : `broken off: ${status.error}`;
    case "fenced":
      return `takes no writes and replicates from no machine${status.error && `: ${status.error}`}`;
  }
}
