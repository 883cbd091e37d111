/** Checks that the settings of the database replica fit together. */
import type { Problem } from "../problems";
import type { StackFile } from "../schema";
import { mysql as mysqlSchema } from "../schema/machines";

export function replicaProblems({ mysql }: StackFile): Problem[] {
  if (!mysql || mysql.replica) return [];
  const problems: Problem[] = [];
  if (mysql.replicaAddress !== undefined)
    problems.push({
      path: "mysql.replicaAddress",
      message: "there is no replica; leave it out, or write true as mysql.replica",
    });
  if (mysql.semiSyncTimeoutSeconds !== mysqlSchema.parse({}).semiSyncTimeoutSeconds)
    problems.push({
      path: "mysql.semiSyncTimeoutSeconds",
      message: "there is no replica; leave it out, or write true as mysql.replica",
    });
  if (mysql.primary === "mysql2")
    problems.push({
      path: "mysql.primary",
      message:
        "mysql2 is the primary and holds the content, which would be lost without mysql.replica; write true there, and promote mysql first (npm run promote-db)",
    });
  return problems;
}
