/** Draws one lane per fault: answers at the time they came, failures at the time they were due, in seconds from the fault's beginning. */
import { failed } from "./measure";
import type { Outcome } from "./run";

const [width, left, right, laneHeight, top] = [960, 150, 12, 46, 30];
const colours = { good: "#3b7ea1", bad: "#c4622d", fault: "#f3e3d3", mark: "#444444" };

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The step of the axis in seconds: a round number that gives at most ten steps. */
export function stepSeconds(span: number): number {
  return [1, 2, 5, 10, 20, 30, 60, 120, 300].find((step) => span / step <= 10) ?? 600;
}

const text = (x: number, y: number, content: string, attributes = ""): string =>
  `<text x="${x}" y="${y}"${attributes}>${escaped(content)}</text>`;

/** Ticks as one SVG path, each point once. */
function ticks(points: readonly number[], y: number, colour: string): string {
  const rounded = [...new Set(points.map((point) => Math.round(point * 2) / 2))];
  if (rounded.length === 0) return "";
  return `<path d="${rounded.map((point) => `M${point} ${y}v13`).join("")}" stroke="${colour}"/>`;
}

/** The SVG elements of one fault. `at` converts a time to an x coordinate. */
function lane({ fault, observed, figures, problems }: Outcome, y: number, at: (time: number) => number) {
  const { injecting, injected, undone, served } = observed.marks;
  const [from, to] = [at(injecting), at(undone ?? injected)];
  const full = laneHeight - 10;
  const good = observed.samples.filter(({ error }) => error === undefined);
  return [
    text(10, y + 18, fault.name, ` font-weight="bold"${problems.length > 0 ? ' fill="#b00020"' : ""}`),
    text(10, y + 33, `${figures.failed} of ${figures.requests} failed`, ' fill="#666666"'),
    `<rect x="${from.toFixed(1)}" y="${y + 4}" width="${Math.max(2, to - from).toFixed(1)}" height="${full}" fill="${colours.fault}"/>`,
    ticks(
      good.map(({ ended }) => at(ended)),
      y + 8,
      colours.good,
    ),
    ticks(
      failed(observed.samples).map(({ due }) => at(due)),
      y + 24,
      colours.bad,
    ),
    served === undefined
      ? ""
      : `<path d="M${at(served).toFixed(1)} ${y + 4}v${full}" stroke="${colours.mark}" stroke-dasharray="3 2"/>`,
  ].filter((part) => part !== "");
}

const legend = (
  [
    [colours.good, "answered"],
    [colours.bad, "failed"],
    [colours.fault, "the fault"],
    [colours.mark, "full service"],
  ] as const
).flatMap(([colour, what], index) => [
  `<rect x="${left + index * 110}" y="10" width="10" height="10" fill="${colour}"/>`,
  text(left + 15 + index * 110, 19, what),
]);

export function timeline(outcomes: readonly Outcome[]): string {
  const since = ({ observed }: Outcome, time: number) => (time - observed.marks.injecting) / 1000;
  const first = Math.min(...outcomes.map((outcome) => since(outcome, outcome.observed.marks.started)));
  const last = Math.max(...outcomes.map((outcome) => since(outcome, outcome.observed.marks.ended)));
  const x = (seconds: number): number => left + ((seconds - first) / (last - first)) * (width - left - right);
  const bottom = top + outcomes.length * laneHeight;
  const step = stepSeconds(last - first);
  const steps = Array.from({ length: 11 }, (_, index) => (Math.ceil(first / step) + index) * step);
  const axis = steps
    .filter((seconds) => seconds <= last)
    .flatMap((seconds) => [
      `<path d="M${x(seconds).toFixed(1)} ${top}V${bottom}" stroke="#e4e4e4"/>`,
      text(Math.round(x(seconds)), bottom + 14, `${seconds} s`, ' text-anchor="middle" fill="#666666"'),
    ]);
  const lanes = outcomes.flatMap((outcome, index) =>
    lane(outcome, top + index * laneHeight, (time) => x(since(outcome, time))),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 24}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${bottom + 24}" fill="#ffffff"/>
${[...axis, ...lanes, ...legend].join("\n")}
</svg>
`;
}
