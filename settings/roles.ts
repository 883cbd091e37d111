/** What a machine can be in a site: one row a role, everything that settings/ has to know of it. docs/contributing.md shows how to add one. */
import type { StackFile } from "./schema";

export type Content = StackFile["content"];

/** What a stack file may say of any machine. */
export interface MachineInFile {
  readonly address?: string;
  readonly addresses?: readonly string[];
  readonly memoryMiB?: number;
  readonly vcpus?: number;
  /** How many addresses a client has. */
  readonly sources?: number;
}

/** A machine whose name is fixed. */
export interface NamedMachine {
  /** Short name, also the host name. */
  readonly name: string;
  /** What messages call it. */
  readonly title: string;
  /** Its host number on a network: the address plan takes the first free address from there on. */
  readonly host: number;
  /** Where a stack file speaks of it, such as `director.peer`. */
  readonly path: string;
  /** Where a stack file gives its address. Default: `address` below `path`. */
  readonly addressPath?: string;
  /** Whether real servers may have the name while the site has no such machine. Default: false. */
  readonly nameMayBeTaken?: boolean;
  readonly inFile: (file: StackFile) => MachineInFile | undefined;
}

interface Memory {
  /** Below this a machine of the role does not run well, or not at all. */
  readonly leastMiB: number;
  readonly defaultMiB: number;
}

export interface RoleTraits {
  /** The first is the one that a site without a second one has. None for real servers, which the stack file names. */
  readonly machines: readonly NamedMachine[];
  /** Whether a site of this stack file has machines of the role. */
  readonly isPresent: (file: StackFile) => boolean;
  readonly memory: Memory;
  /** Where it depends on what the site serves. */
  readonly memoryFor?: Partial<Readonly<Record<Content, Memory>>>;
  /** Whether each real server needs a way to it: a network that both are on, or a route. */
  readonly servesRealServers: boolean;
}

/** In the order in which machines are listed. */
export const roleTraits = {
  director: {
    machines: [
      {
        name: "director",
        title: "the director",
        host: 31,
        path: "director",
        inFile: ({ director }) => director,
      },
      {
        name: "director2",
        title: "the second director",
        host: 30,
        path: "director.peer",
        inFile: ({ director }) => director.peer,
      },
    ],
    isPresent: () => true,
    memory: { leastMiB: 256, defaultMiB: 512 },
    servesRealServers: false,
  },
  realServer: {
    machines: [],
    isPresent: () => true,
    memory: { leastMiB: 384, defaultMiB: 768 },
    // A static real server runs nginx alone; a shop has its own MariaDB.
    memoryFor: {
      static: { leastMiB: 256, defaultMiB: 320 },
      shop: { leastMiB: 512, defaultMiB: 768 },
    },
    servesRealServers: false,
  },
  sorryServer: {
    machines: [
      {
        name: "sorry",
        title: "the sorry server",
        host: 38,
        path: "sorryServer",
        inFile: ({ sorryServer }) => sorryServer,
      },
    ],
    isPresent: ({ sorryServer }) => sorryServer?.on === "machine",
    memory: { leastMiB: 256, defaultMiB: 256 },
    servesRealServers: false,
  },
  nfs: {
    machines: [{ name: "nfs", title: "the NFS server", host: 34, path: "nfs", inFile: ({ nfs }) => nfs }],
    isPresent: ({ content, nfs }) => content === "wordpress" || nfs !== undefined,
    memory: { leastMiB: 256, defaultMiB: 768 },
    servesRealServers: true,
  },
  source: {
    machines: [
      { name: "source", title: "the source", host: 36, path: "source", inFile: ({ source }) => source },
    ],
    isPresent: ({ content, sync }) => content === "static" && sync === "lsyncd",
    memory: { leastMiB: 256, defaultMiB: 320 },
    servesRealServers: true,
  },
  mysql: {
    machines: [
      { name: "mysql", title: "the MySQL server", host: 35, path: "mysql", inFile: ({ mysql }) => mysql },
      {
        name: "mysql2",
        title: "the MySQL server's replica",
        host: 25,
        path: "mysql",
        addressPath: "mysql.replicaAddress",
        nameMayBeTaken: true,
        inFile: ({ mysql }) => mysql && { address: mysql.replicaAddress },
      },
    ],
    isPresent: ({ content }) => content === "wordpress",
    memory: { leastMiB: 384, defaultMiB: 768 },
    servesRealServers: true,
  },
  client: {
    machines: [
      { name: "client", title: "the client", host: 100, path: "client", inFile: ({ client }) => client },
    ],
    isPresent: ({ client }) => client !== undefined,
    memory: { leastMiB: 256, defaultMiB: 256 },
    servesRealServers: false,
  },
} as const satisfies Record<string, RoleTraits>;

export type Role = keyof typeof roleTraits;
export const roles = Object.keys(roleTraits) as Role[];

/** A role's row, with every field that a role may have. */
export const roleOf = (role: Role): RoleTraits => roleTraits[role];

type MachineName = (typeof roleTraits)[Role]["machines"][number]["name"];

/** All machines whose names are fixed. */
export const namedMachines: readonly NamedMachine[] = roles.flatMap((role) => roleOf(role).machines);

/** The row of a machine whose name is fixed; undefined for a real server. */
export const namedMachine = (name: string): NamedMachine | undefined =>
  namedMachines.find((machine) => machine.name === name);

/** As `namedMachine`, for names that are known to be there. */
export const machineRow = (name: MachineName): NamedMachine => namedMachine(name)!;

/** Host number from which real servers get their addresses. */
export const realServerHost = 32;

const memoryOf = (role: Role, content: Content): Memory =>
  roleOf(role).memoryFor?.[content] ?? roleOf(role).memory;

/** The least memory in MiB with which a machine of the role runs. */
export const minimumMemoryMiB = (role: Role, content: Content): number => memoryOf(role, content).leastMiB;

/** The memory in MiB of a machine of which the stack file says nothing. */
export const defaultMemoryMiB = (role: Role, content: Content): number => memoryOf(role, content).defaultMiB;
