import { resolveSite } from "../../../settings/resolve";
import { machinesOf } from "../../../settings/site";
import { saidOf } from "./said";

const addresses = (raw: Record<string, unknown>) =>
  Object.fromEntries(machinesOf(resolveSite("dev", raw)).map(({ name, address }) => [name, address]));

test.each<[string, Record<string, unknown>]>([
  ["two real servers", {}],
  ["five real servers", { realServers: [{}, {}, {}, {}, {}] }],
  [
    "addresses of its own",
    { director: { address: "172.16.0.25" }, realServers: [{ address: "172.16.0.26" }] },
  ],
])("a replica moves no machine of a site with %s", (_what, raw) => {
  const { mysql2, ...others } = addresses({ ...raw, mysql: { replica: true } });
  expect(others).toEqual(addresses(raw));
  expect(Object.values(others)).not.toContain(mysql2);
});

test("a replica stands at .25, or where it is told to, on the MySQL server's network", () => {
  expect(addresses({ mysql: { replica: true } }).mysql2).toBe("172.16.0.25");
  expect(addresses({ mysql: { replica: true, replicaAddress: "172.16.0.36" } }).mysql2).toBe("172.16.0.36");
  const networks = [{ name: "storage", cidr: "192.168.7.0/24" }];
  const realServers = [{ addresses: ["172.16.0.32", "192.168.7.32"] }];
  const mysql = { address: "192.168.7.35", replica: true };
  expect(addresses({ networks, realServers, mysql }).mysql2).toBe("192.168.7.25");
});

test("a replica is as large as the MySQL server", () => {
  const { mysql, replica } = resolveSite("dev", { mysql: { replica: true, memoryMiB: 900, vcpus: 2 } });
  expect({ ...replica, name: "", address: "", nics: [], serverId: 1 }).toEqual({
    ...mysql,
    name: "",
    address: "",
    nics: [],
  });
});

test.each<[string, Record<string, unknown>, string]>([
  [
    "how long no replica is waited for",
    { semiSyncTimeoutSeconds: 3 },
    "mysql.semiSyncTimeoutSeconds: there is no replica; leave it out, or write true as mysql.replica",
  ],
  [
    "an address for no replica",
    { replicaAddress: "172.16.0.36" },
    "mysql.replicaAddress: there is no replica; leave it out, or write true as mysql.replica",
  ],
  [
    "giving up the machine that holds the content",
    { primary: "mysql2" },
    "mysql.primary: mysql2 is the primary and holds the content, which would be lost without mysql.replica; write true there, and promote mysql first (npm run promote-db)",
  ],
  [
    "a replica at another machine's address",
    { replica: true, replicaAddress: "172.16.0.35", address: "172.16.0.35" },
    "mysql.replicaAddress: 172.16.0.35 is already the address of the MySQL server; write another",
  ],
  [
    "too little memory, once for both machines",
    { replica: true, memoryMiB: 300 },
    "mysql.memoryMiB: 300 MiB is too small for mysql; write at least 384",
  ],
])("%s is refused", (_what, mysql, message) => {
  expect(saidOf({ mysql })).toEqual([message]);
});

test("real servers reach the replica where they are, and so does the NFS server that makes backups", () => {
  const networks = [{ name: "storage", cidr: "192.168.7.0/24" }];
  const mysql = { replica: true, replicaAddress: "192.168.7.25" };
  const lost =
    "192.168.7.25 is on the network storage, and rs1 is not; add an address there to its addresses";
  expect(saidOf({ networks, mysql })).toEqual([`mysql.replicaAddress: ${lost}`]);
  const realServers = [{ addresses: ["172.16.0.32", "192.168.7.32"] }];
  expect(saidOf({ networks, mysql, realServers, backup: {} })).toEqual([
    "backup: the NFS server makes the backups and cannot reach the database on 192.168.7.0/24; write an address there in nfs.addresses",
  ]);
});

test("no real server takes the replica's name", () => {
  const realServers = [{ name: "mysql2" }];
  expect(() => resolveSite("dev", { realServers })).not.toThrow();
  expect(saidOf({ realServers, mysql: { replica: true } })).toEqual([
    'realServers[0].name: "mysql2" is already a machine\'s name; write another',
  ]);
});
