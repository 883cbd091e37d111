/** What messages call a machine, and where its stack file speaks of it. */
import { type MachineInFile, namedMachine } from "../roles";
import type { StackFile } from "../schema";
import type { MachineSettings, SiteSettings } from "../site";

type Named = Pick<MachineSettings, "name">;

const indexOf = ({ name }: Named, { realServers }: SiteSettings): number =>
  realServers.findIndex((server) => server.name === name);

export const machineTitle = ({ name }: Named): string => namedMachine(name)?.title ?? `real server ${name}`;

export const machinePath = (machine: Named, site: SiteSettings): string =>
  namedMachine(machine.name)?.path ?? `realServers[${indexOf(machine, site)}]`;

/** Where the machine's one address stands, or would stand. */
export const addressPath = (machine: Named, site: SiteSettings): string =>
  namedMachine(machine.name)?.addressPath ?? `${machinePath(machine, site)}.address`;

/** What the stack file says of the machine. */
export const machineInFile = (machine: Named, site: SiteSettings, file: StackFile): MachineInFile =>
  namedMachine(machine.name)?.inFile(file) ?? file.realServers[indexOf(machine, site)] ?? {};
