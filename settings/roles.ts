/**
 * The roles of machines. One row per role holds everything that settings/ needs of it. docs/contributing.md shows how
 * to add a role.
 */
import type { StackFile } from "./schema";
import { present } from "./lists";

export type Content = StackFile["content"];

/** The settings that a stack file may have for any machine. */
export interface MachineInFile {
  readonly address?: string;
  readonly addresses?: readonly string[];
  readonly memoryMiB?: number;
  readonly vcpus?: number;
  /** Number of source addresses of a client machine. Default: 1. */
  readonly sources?: number;
}

/** A machine with a fixed name. */
export interface NamedMachine {
  /** Short name, also the host name. */
  readonly name: string;
  /** What messages call the machine. */
  readonly title: string;
  /** Host number on a network. The address plan takes the first free address from there upward. */
  readonly host: number;
  /** The path of the machine's settings in a stack file, such as `director.peer`. */
  readonly path: string;
  /** The path of its address in a stack file. Default: `address` below `path`. */
  readonly addressPath?: string;
  /** Whether a real server may have this name while the site has no such machine. Default: false. */
  readonly nameMayBeTaken?: boolean;
  readonly inFile: (file: StackFile) => MachineInFile | undefined;
}

interface Memory {
  /** With less memory a machine of the role does not run, or not well. */
  readonly leastMiB: number;
  readonly defaultMiB: number;
}

export interface RoleTraits {
  /**
   * The machines of the role. The first is the one that a site has when it has only one. Empty for real servers,
   * whose names are in the stack file.
   */
  readonly machines: readonly NamedMachine[];
  /** Whether a site with this stack file has machines of the role. */
  readonly isPresent: (file: StackFile) => boolean;
  readonly memory: Memory;
  /** Memory for contents that need another amount. */
  readonly memoryFor?: Partial<Readonly<Record<Content, Memory>>>;
  /** Whether each real server must reach it: over a network that both are on, or over a route. */
  readonly servesRealServers: boolean;
}

/** The rows, in the order in which machines are listed. */
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
    // A static real server runs only nginx; a shop's also runs its own MariaDB.
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

/** Returns the role's row, typed with all fields that a role may have. */
export const roleOf = (role: Role): RoleTraits => roleTraits[role];

type MachineName = (typeof roleTraits)[Role]["machines"][number]["name"];

/** All machines with fixed names. */
export const namedMachines: readonly NamedMachine[] = roles.flatMap((role) => roleOf(role).machines);

/** The row of a machine with a fixed name. Undefined for a real server. */
export const namedMachine = (name: string): NamedMachine | undefined =>
  namedMachines.find((machine) => machine.name === name);

/** Like `namedMachine`, for names that exist. */
export const machineRow = (name: MachineName): NamedMachine => present(namedMachine(name), name);

/** Host number of the first real server. */
export const realServerHost = 32;

const memoryOf = (role: Role, content: Content): Memory =>
  roleOf(role).memoryFor?.[content] ?? roleOf(role).memory;

/** The minimum memory of a machine of the role, in MiB. */
export const minimumMemoryMiB = (role: Role, content: Content): number => memoryOf(role, content).leastMiB;

/** The memory in MiB of a machine for which the stack file gives none. */
export const defaultMemoryMiB = (role: Role, content: Content): number => memoryOf(role, content).defaultMiB;
