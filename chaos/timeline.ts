/** A lane a fault: answers when they came, failures when they were asked for, in seconds from the fault's beginning. */
import type { Outcome } from "./run";

const [width, left, right, laneHeight, top] = [960, 150, 12, 46, 30];
const colours = { good: "#3b7ea1", bad: "#c4622d", fault: "#f3e3d3", mark: "#444444" };

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Steps of the axis: ten of them at most, and round ones. */
export function stepSeconds(span: number): number {
  return [1, 2, 5, 10, 20, 30, 60, 120, 300].find((step) => span / step <= 10) ?? 600;
}

/** Ticks of one kind as one path; of those that fall on the same point, one. */
function ticks(times: readonly number[], x: (time: number) => number, y: number, height: number): string {
  const points = [...new Set(times.map((time) => Math.round(x(time) * 2) / 2))].toSorted((a, b) => a - b);
  return points.map((point) => `M${point} ${y}v${height}`).join("");
}

export function timeline(outcomes: readonly Outcome[]): string {
  const since = ({ observed }: Outcome, time: number) => (time - observed.marks.injecting) / 1000;
  const first = Math.min(...outcomes.map((outcome) => since(outcome, outcome.observed.marks.started)));
  const last = Math.max(...outcomes.map((outcome) => since(outcome, outcome.observed.marks.ended)));
  const x = (time: number): number => left + ((time - first) / (last - first)) * (width - left - right);
  const height = top + outcomes.length * laneHeight + 34;
  const parts: string[] = [];
  const text = (at: number, y: number, content: string, attributes = "") =>
    parts.push(`<text x="${at}" y="${y}"${attributes}>${escaped(content)}</text>`);
  const step = stepSeconds(last - first);
  for (let time = Math.ceil(first / step) * step; time <= last; time += step) {
    parts.push(`<path d="M${x(time).toFixed(1)} ${top}V${height - 34}" stroke="#e4e4e4"/>`);
    text(x(time), height - 20, `${time} s`, ' text-anchor="middle" fill="#666666"');
  }
  for (const [index, outcome] of outcomes.entries()) {
    const { fault, observed, figures, problems } = outcome;
    const { injecting, undone, injected, served } = observed.marks;
    const y = top + index * laneHeight;
    const at = (time: number) => x(since(outcome, time));
    const end = at(undone ?? injected);
    text(10, y + 18, fault.name, ` font-weight="bold"${problems.length > 0 ? ' fill="#b00020"' : ""}`);
    text(10, y + 33, `${figures.failed} of ${figures.requests} failed`, ' fill="#666666"');
    parts.push(
      `<rect x="${at(injecting).toFixed(1)}" y="${y + 4}" width="${Math.max(2, end - at(injecting)).toFixed(1)}" height="${laneHeight - 10}" fill="${colours.fault}"/>`,
    );
    for (const [wanted, colour, offset] of [
      [false, colours.good, 8],
      [true, colours.bad, 24],
    ] as const) {
      const times = observed.samples.filter(({ error }) => (error !== undefined) === wanted);
      const path = ticks(
        times.map(({ due, ended }) => (wanted ? due : ended)),
        at,
        y + offset,
        13,
      );
      if (path) parts.push(`<path d="${path}" stroke="${colour}"/>`);
    }
    if (served !== undefined)
      parts.push(
        `<path d="M${at(served).toFixed(1)} ${y + 4}v${laneHeight - 10}" stroke="${colours.mark}" stroke-dasharray="3 2"/>`,
      );
  }
  const legend: readonly (readonly [string, string])[] = [
    [colours.good, "answered"],
    [colours.bad, "failed"],
    [colours.fault, "the fault"],
    [colours.mark, "full service"],
  ];
  legend.forEach(([colour, what], index) => {
    parts.push(`<rect x="${left + index * 110}" y="10" width="10" height="10" fill="${colour}"/>`);
    text(left + 15 + index * 110, 19, what);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}
