/** Ports and ranges of ports in the form of settings: `443`, `20000-20100`, and `0` for every port. */

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export const lastPort = 65_535;

/** Parses a port or a range. `0` becomes 0 to 65535. */
export function portRange(text: string): PortRange {
  const [from, to = from] = text.split("-").map(Number) as [number, number?];
  return { from, to: from === 0 ? lastPort : to };
}

/** Whether `text` is a port of at least 1, or a range whose first port is below its last. */
export function isPorts(text: string): boolean {
  const parts = text.split("-");
  const { from, to } = portRange(text);
  return (
    parts.length <= 2 &&
    parts.every((part) => /^[1-9]\d{0,4}$/.test(part) && Number(part) <= lastPort) &&
    (parts.length === 1 || from < to)
  );
}

/** Returns all ports of a range. */
export const portsIn = ({ from, to }: PortRange): number[] =>
  Array.from({ length: to - from + 1 }, (_, step) => from + step);

export const shareAPort = (one: PortRange, other: PortRange): boolean =>
  one.from <= other.to && other.from <= one.to;
