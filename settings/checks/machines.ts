/** Titles of machines in messages, and their place in the stack file. */
import { type MachineInFile, namedMachine } from "../roles";
import type { StackFile } from "../schema";
import type { MachineSettings, SiteSettings } from "../site";

type Named = Pick<MachineSettings, "name">;

const indexOf = ({ name }: Named, { realServers }: SiteSettings): number =>
  realServers.findIndex((server) => server.name === name);

export const machineTitle = ({ name }: Named): string => namedMachine(name)?.title ?? `real server ${name}`;

/** The path of a machine's settings in the stack file. */
export const machinePath = (machine: Named, site: SiteSettings): string =>
  namedMachine(machine.name)?.path ?? `realServers[${indexOf(machine, site)}]`;

/** The path of the machine's address in the stack file, whether it is written there or not. */
export const addressPath = (machine: Named, site: SiteSettings): string =>
  namedMachine(machine.name)?.addressPath ?? `${machinePath(machine, site)}.address`;

/** The settings of the machine in the stack file; empty when it has none. */
export const machineInFile = (machine: Named, site: SiteSettings, file: StackFile): MachineInFile =>
  namedMachine(machine.name)?.inFile(file) ?? file.realServers[indexOf(machine, site)] ?? {};
