/** Faults of the machines behind the real servers. There is one of each, so only recovery is promised. */
import { noBound } from "../bounds";
import { type Fault, holdSeconds } from "../fault";
import { drop, restoreTraffic, reboot, execOnAll, virshOnAll } from "../strike";
import { fullDisk } from "./disk";

const alone = (what: string) => () => noBound(`none: ${what} alone`);

const nfs = {
  applies: ({ nfs: machine }) => machine !== undefined,
  machines: () => ["nfs"],
  bound: alone("one NFS server"),
} satisfies Partial<Fault>;

const mysql = {
  applies: ({ mysql: machine }) => machine !== undefined,
  // The replica serves no reads, so no visitor would notice its faults.
  machines: ({ site }) => (site.mysql ? [site.mysql.name] : []),
  bound: alone("one database takes writes"),
} satisfies Partial<Fault>;

const port = (number: number) => ({ input: `tcp dport ${number}`, output: `tcp sport ${number}` });

export const nfsFaults: readonly Fault[] = [
  {
    ...nfs,
    name: "nfs-unreachable",
    what: "NFS's packets are dropped",
    inject: (running, machines) => drop(running, machines, port(2049)),
    holdSeconds,
    undo: restoreTraffic,
  },
  {
    ...nfs,
    name: "nfs-rebooted",
    what: "the NFS server is rebooted",
    inject: reboot,
    holdSeconds: 0,
  },
  {
    ...nfs,
    name: "nfs-slow",
    what: "the NFS server's disk does 5 operations a second",
    inject: (running, machines) =>
      virshOnAll(running, machines, "blkdeviotune", "vdb", "--total-iops-sec", "5", "--live"),
    holdSeconds: 1.5 * holdSeconds,
    undo: (running, machines) =>
      virshOnAll(running, machines, "blkdeviotune", "vdb", "--total-iops-sec", "0", "--live"),
  },
];

export const mysqlFaults: readonly Fault[] = [
  {
    ...mysql,
    name: "mysql-restarted",
    what: "the database is restarted",
    inject: (running, machines) => execOnAll(running, machines, "systemctl restart mariadb", 120_000),
    holdSeconds: 0,
  },
  {
    ...mysql,
    name: "mysql-unreachable",
    what: "the database's packets are dropped",
    inject: (running, machines) => drop(running, machines, port(3306)),
    holdSeconds,
    undo: restoreTraffic,
  },
  {
    ...mysql,
    name: "mysql-disk-full",
    what: "the database's disk is full",
    ...fullDisk("/var/lib/mysql"),
  },
];
