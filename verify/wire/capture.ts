/** Captures packets with tcpdump(8) on the hypervisor's end of the machines' NICs, all with one clock. */
import { spawn } from "node:child_process";
import { execHere } from "../../running/runningSite";
import type { Endpoint } from "../probing/entrances";
import type { NonEmpty } from "../../settings/lists";

export interface Frame {
  /** Seconds since 1970. */
  readonly time: number;
  /** Source and destination MAC. */
  readonly by: string;
  readonly to: string;
  /** Endpoints of the innermost IP packet. Port 0 when it has none. */
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Addresses of the outer packet of a tunnel. */
  readonly outside?: { readonly source: string; readonly destination: string };
  /** tcpdump's description of the content. */
  readonly text: string;
}

const frameLine = /^(\d+\.\d+) ([0-9a-f:]{17}) > ([0-9a-f:]{17}), .*?, length \d+: (.*)$/;
const addresses = /^(?:IP6? )?([0-9a-f.:]+) > ([0-9a-f.:]+): (.*)$/;

/** Parses a line of `tcpdump -e -n -q -tt`. Undefined for a packet that is not IP. */
export function parseFrame(line: string): Frame | undefined {
  const [, time, by = "", to = "", content = ""] = frameLine.exec(line) ?? [];
  const [, source, destination, text = ""] = addresses.exec(content) ?? [];
  if (!source || !destination) return undefined;
  const shared = { time: Number(time), by, to };
  const [, innerSource, innerDestination, innerText = ""] = addresses.exec(text) ?? [];
  if (!innerSource || !innerDestination)
    return { ...shared, source: endpoint(source), destination: endpoint(destination), text };
  return {
    ...shared,
    source: endpoint(innerSource),
    destination: endpoint(innerDestination),
    outside: { source, destination },
    text: innerText,
  };
}

/** Parses `172.16.0.1.80` and `fd00::1.80`: the port follows the last dot. */
function endpoint(text: string): Endpoint {
  const [, address = text, port = "0"] = /^([\d]+(?:\.\d+){3}|[0-9a-f:]+)(?:\.(\d+))?$/.exec(text) ?? [];
  return { address, port: Number(port) };
}

/** Adds sudo to a command that needs the rights of a network administrator, unless this process is root. */
export const privileged = (command: NonEmpty<string>): NonEmpty<string> =>
  process.getuid?.() === 0 ? command : ["sudo", ...command];

/** Names of this host's network devices by MAC. */
export async function devicesByMac(): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await execHere(["ip", "-j", "link"]);
  const links = JSON.parse(stdout) as { ifname: string; address?: string }[];
  return new Map(links.flatMap(({ ifname, address }) => (address ? [[address, ifname] as const] : [])));
}

/** The MAC that libvirt gives the hypervisor's end of a NIC. */
export const tapMac = (mac: string): string => `fe${mac.slice(2)}`;

/** Captures the packets on `devices` that match `filter` while `during` runs, in order of time. */
export async function capture<T>(
  devices: readonly string[],
  filter: string,
  during: () => Promise<T>,
): Promise<{ result: T; frames: readonly Frame[] }> {
  const started = await Promise.allSettled(devices.map((device) => listen(device, filter)));
  const listeners = started.filter((one) => one.status === "fulfilled").map(({ value }) => value);
  const stopAll = () => Promise.all(listeners.map(({ stop }) => stop()));
  try {
    const failed = started.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
    const result = await during();
    // The last packets are still in the emulated machines.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const frames = (await stopAll())
      .flat()
      .map(parseFrame)
      .filter((frame) => frame !== undefined);
    return { result, frames: frames.toSorted((a, b) => a.time - b.time) };
  } finally {
    await stopAll();
  }
}

/** A command that ends with its standard input, so that no tcpdump outlives this process. */
const untilTold = 'tcpdump "$@" & cat >/dev/null; kill $!; wait';

/** Starts tcpdump. Resolves when it is listening. */
async function listen(device: string, filter: string): Promise<{ stop: () => Promise<string[]> }> {
  const options = ["-i", device, "-e", "-n", "-q", "-tt", "-l", "--immediate-mode", "-s", "128"];
  const [program, ...args] = privileged(["sh", "-c", untilTold, "sh", ...options, filter]);
  const child = spawn(program, args, { stdio: "pipe" });
  let seen = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (seen += text));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`tcpdump cannot be run: ${error.message}`)));
    child.stderr.on("data", (data: Buffer) => {
      said += data.toString();
      if (said.includes("listening on")) resolve();
      else if (/tcpdump: (?!verbose|WARNING)/.test(said)) {
        child.stdin.end();
        reject(new Error(said.trim()));
      }
    });
  });
  const stop = async () => {
    child.stdin.end();
    await ended;
    return seen.split("\n");
  };
  return { stop };
}
