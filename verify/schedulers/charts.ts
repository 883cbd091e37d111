/** Draws the distribution of connections, as text and as SVG. */
import type { VirtualServiceSettings } from "../../settings/site";
import type { Distribution } from "./measure";
import { type Bounds, countOf } from "./schedulers";

export interface Measured {
  readonly service: VirtualServiceSettings;
  readonly found: Distribution;
}

interface Bar {
  readonly name: string;
  readonly weight: number;
  readonly count: number;
  /** Share of all connections, 0 to 1. */
  readonly share: number;
  /** The number by the scheduler's arithmetic. Undefined for a scheduler that draws lots, which has bounds instead. */
  readonly owed?: number;
  readonly bounds?: Bounds;
}

function barsOf({ service, found }: Measured): Bar[] {
  return service.destinations.map(({ name, weight }) => {
    const count = countOf(found.servers, name);
    const share = count / Math.max(1, found.servers.length);
    const bounds = found.bounds?.[name];
    return {
      ...{ name, weight, count, share },
      ...(found.expected && { owed: countOf(found.expected, name) }),
      ...(bounds && { bounds }),
    };
  });
}

const title = ({ service, found }: Measured): string => {
  const flags = service.schedulerFlags.length > 0 ? ` (${service.schedulerFlags.join(", ")})` : "";
  return `${service.name}: ${service.scheduler}${flags}, ${found.how}`;
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A title, and one line with a bar for each real server. */
export function textChart(measured: Measured, width = 40): string {
  const bars = barsOf(measured);
  const names = Math.max(...bars.map(({ name }) => name.length));
  const lines = bars.map(({ name, weight, count, share, owed, bounds }) => {
    const bar = "█".repeat(Math.round(share * width)).padEnd(width);
    const numbers = `${String(count).padStart(4)} ${percent(share).padStart(5)}`;
    const wanted = bounds ? `  ${bounds.join(" to ")}` : owed === undefined ? "" : `  owed ${owed}`;
    return `  ${name.padEnd(names)}  weight ${String(weight).padStart(3)}  ${bar} ${numbers}${wanted}`;
  });
  return [title(measured), ...lines].join("\n");
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** One row of bars per service, by the shares of its real servers. A line marks a different expected share. */
export function svgChart(all: readonly Measured[]): string {
  const [width, left, barHeight, full] = [720, 70, 16, 480];
  const parts: string[] = [];
  let top = 10;
  const text = (x: number, y: number, content: string, weight = "normal") =>
    `<text x="${x}" y="${y}" font-weight="${weight}">${escaped(content)}</text>`;
  for (const measured of all) {
    parts.push(text(10, top + 14, title(measured), "bold"));
    top += 22;
    for (const { name, weight, count, share, owed } of barsOf(measured)) {
      const total = Math.max(1, measured.found.servers.length);
      parts.push(
        text(10, top + 13, name),
        `<rect x="${left}" y="${top}" width="${Math.round(share * full)}" height="${barHeight}" fill="#3b7ea1"/>`,
        text(left + Math.round(share * full) + 6, top + 13, `${count} (${percent(share)}), weight ${weight}`),
      );
      if (owed !== undefined && owed !== count) {
        const x = left + Math.round((owed / total) * full);
        parts.push(`<path d="M${x} ${top - 2}v${barHeight + 4}" stroke="#c4622d" stroke-width="2"/>`);
      }
      top += barHeight + 4;
    }
    top += 12;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${top}" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}
