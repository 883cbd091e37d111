/** Outcomes as table rows, as Markdown and as plain values for JSON. */
import type { Outcome } from "./run";

const tally = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(", ");

export const header = ["fault", "on", "failed", "longest gap", "full service", "kept", "bound", "result"];

export function rowOf({ fault, machines, figures, bound, kept, problems }: Outcome): string[] {
  const { requests, failed, errors, longestGapSeconds, fullServiceSeconds, afterUndoSeconds } = figures;
  const after = afterUndoSeconds === undefined ? "" : `, ${afterUndoSeconds} s after its end`;
  return [
    fault.name,
    machines.length > 2 ? "all" : machines.join(", "),
    failed === 0 ? `0 of ${requests}` : `${failed} of ${requests}: ${tally(errors)}`,
    `${longestGapSeconds} s`,
    fullServiceSeconds === undefined ? "never" : `${fullServiceSeconds} s${after}`,
    kept ?? "-",
    bound,
    problems.length === 0 ? "ok" : "FAIL",
  ];
}

/** As `--json` prints it; every single request would be too much. */
export const valueOf = ({ fault, machines, figures, bound, kept, problems }: Outcome) => ({
  fault: fault.name,
  what: fault.what,
  machines,
  ok: problems.length === 0,
  problems,
  bound,
  ...(kept !== undefined && { kept }),
  ...figures,
});

/** A table as Markdown has it. */
export function markdown(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}
