import * as pulumi from "@pulumi/pulumi";
import { type MysqlSettings, type SiteSettings, otherDatabaseOf } from "../settings/site";
import { myCnf, mysqlSettingsSql, removedUsersSql, siteSql, usersSql } from "../templates/mysqlServer";
import { backupUserSql } from "../templates/backup";
import { followSql, peerCnf, replicationCnf, roleConf } from "../templates/replication";
import type { DatabaseTls } from "./databaseTls";
import type { Job } from "./guest";
import { type SharedResources, Machine } from "./machine";
import { present } from "../settings/lists";

export interface MysqlServerArgs {
  readonly shared: SharedResources;
  readonly settings: MysqlSettings;
  readonly tls: DatabaseTls;
  readonly databasePassword: pulumi.Output<string>;
  readonly adminPassword: pulumi.Output<string>;
  /** Password for replication between the two database machines. */
  readonly replicationPassword?: pulumi.Output<string>;
  /** For a site with backups. */
  readonly backupPassword?: pulumi.Output<string>;
}

/** A machine that runs MariaDB with the site's database: the only one, or one of two. */
export class MysqlServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: MysqlServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:MysqlServer", name, {}, opts);
    const { shared, settings, tls, databasePassword, adminPassword, replicationPassword } = args;
    const { site } = shared;
    const replicated = replicationPassword
      ? replication(site, settings, replicationPassword)
      : { copies: [], files: {} };
    this.machine = new Machine(name, { shared, settings, dataSeed: "mysql.qcow2" }, { parent: this });
    this.machine.guest.run("mysql-server", {
      script: "mysql-server/script.sh",
      args: [String(site.director.drainSeconds)],
      copies: [
        "leaving.sh",
        "mysql-server/hash-password.php",
        "mysql-server/replicated.sh",
        ...replicated.copies,
      ],
      files: {
        "my.cnf": myCnf(settings),
        "settings.sql": mysqlSettingsSql(settings),
        "users.sql": pulumi
          .all([databasePassword, replicationPassword, args.backupPassword])
          .apply(
            ([password, between, backupPassword]) =>
              backupUserSql(site, settings, backupPassword) + usersSql(site, settings, password, between),
          ),
        "removed-users.sql": removedUsersSql(site, settings),
        "site.sql": siteSql(site),
        "admin-password": adminPassword,
        ...tls.filesFor(settings),
        ...replicated.files,
      },
    });
    this.registerOutputs({ address: settings.address, hostKey: this.machine.hostKey });
  }
}

/** The files for one of two database machines. Only mysql.conf says which of them is the primary (commands/promote-db.ts). */
function replication(
  site: SiteSettings,
  settings: MysqlSettings,
  password: pulumi.Output<string>,
): Required<Pick<Job, "copies" | "files">> {
  const peer = present(otherDatabaseOf(site, settings), `other database than ${settings.name}`);
  return {
    copies: [
      "lvs-mysql",
      "mysql-state.sh",
      "mysql-replication.sh",
      "mysql-copy.sh",
      "mariadb-replication.conf",
    ].map((file) => `mysql-server/${file}`),
    files: {
      "replication.cnf": replicationCnf(settings),
      "mysql.conf": roleConf(site, settings, peer),
      "mysql-peer.cnf": password.apply((known) => peerCnf(peer, known)),
      "mysql-follow.sql": password.apply((known) => followSql(peer, known)),
    },
  };
}
