import { oneOfKnown } from "../project/cli";
import { methodOf } from "../settings/forwarding";
import { bracketed } from "../settings/site";
import type { Endpoint } from "../verify/probing/entrances";
import { type PacketPath, wireProblem } from "../verify/wire/packetPath";
import { packetPaths } from "../verify/wire/wire";
import { defineCommand, jsonOption, printJson, printTable, stackArgument } from "./command";
import { withSite } from "./session";
import { paired } from "../settings/lists";

const at = ({ address, port }: Endpoint): string => `${bracketed(address)}:${port}`;

/** The hops of a packet path, as plain values. */
const hopsOf = ({ steps }: PacketPath) =>
  steps.map(({ by, to, frame, addresses }, index) => ({
    hop: index + 1,
    from: by,
    fromMac: frame.by,
    to,
    toMac: frame.to,
    packet: `${at(frame.source)} > ${at(frame.destination)}`,
    ...(frame.outside && { tunnel: `${frame.outside.source} > ${frame.outside.destination}` }),
    addresses,
  }));

function printPath(packetPath: PacketPath): void {
  const header = ["hop", "from", "MAC", "to", "MAC", "packet", "tunnel", ""];
  const rows = hopsOf(packetPath).map(({ hop, from, fromMac, to, toMac, packet, tunnel, addresses }) => [
    String(hop),
    from,
    fromMac,
    to,
    toMac,
    packet,
    tunnel ?? "-",
    addresses,
  ]);
  printTable(header, rows);
}

export const trace = defineCommand({
  name: "trace",
  group: "Look",
  summary: "opens a connection to each service and shows its packets hop by hop",
  arguments: [
    stackArgument,
    { name: "service?", what: "the name of a service; all by default", completes: "service" },
  ],
  options: [jsonOption],
  examples: [["trace fullnat", "the path of a packet through full NAT"]],
  run: (input) =>
    withSite(
      input.words[0],
      async (running, stack) => {
        const { services } = running.site;
        const wanted = input.words[1];
        if (wanted !== undefined)
          oneOfKnown(
            wanted,
            `service of ${stack}`,
            services.map(({ name }) => name),
          );
        const chosen = services.filter(({ name }) => wanted === undefined || name === wanted);
        const found = paired(chosen, await packetPaths(running, chosen)).map(([service, packetPath]) => ({
          service,
          packetPath,
          problem: packetPath instanceof Error ? packetPath.message : wireProblem(packetPath),
        }));
        if (input.has("json"))
          printJson({
            stack,
            services: found.map(({ service: { name, forwarding, scheduler }, packetPath, problem }) => ({
              service: name,
              forwarding,
              scheduler,
              hops: packetPath instanceof Error ? [] : hopsOf(packetPath),
              ...(problem && { problem }),
            })),
          });
        else
          for (const { service, packetPath, problem } of found) {
            const { name, forwarding, scheduler } = service;
            console.log(`${name}: ${methodOf(forwarding).title} (${forwarding}), ${scheduler}`);
            if (packetPath instanceof Error) console.log(`  ${problem}\n`);
            else {
              printPath(packetPath);
              console.log(`${problem || `matches ${forwarding}`}\n`);
            }
          }
        return found.every(({ problem }) => problem === "") ? 0 : 1;
      },
      { activeDirector: true },
    ),
});
