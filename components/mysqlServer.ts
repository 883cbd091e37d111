import * as pulumi from "@pulumi/pulumi";
import type { MysqlSettings } from "../settings/site";
import { myCnf, mysqlSettingsSql, removedUsersSql, siteSql, usersSql } from "../templates/mysqlServer";
import { backupUserSql } from "../templates/backup";
import { type Ground, Machine } from "./machine";

export interface MysqlServerArgs {
  readonly ground: Ground;
  readonly settings: MysqlSettings;
  readonly databasePassword: pulumi.Output<string>;
  readonly adminPassword: pulumi.Output<string>;
  /** For a site with backups. */
  readonly backupPassword?: pulumi.Output<string>;
}

/** The machine running MariaDB with the site's database. */
export class MysqlServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: MysqlServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:MysqlServer", name, {}, opts);
    const { ground, settings, databasePassword, adminPassword } = args;
    const { site } = ground;
    this.machine = new Machine(name, { ground, settings, dataSeed: "mysql.qcow2" }, { parent: this });
    this.machine.guest.run("mysql-server", {
      script: "mysql-server/script.sh",
      args: [String(site.director.drainSeconds)],
      copies: ["leaving.sh", "mysql-server/hash-password.php"],
      files: {
        "my.cnf": myCnf(settings),
        "settings.sql": mysqlSettingsSql(settings),
        "users.sql": pulumi
          .all([databasePassword, args.backupPassword])
          .apply(
            ([password, backupPassword]) =>
              backupUserSql(site, settings, backupPassword) + usersSql(site, settings, password),
          ),
        "removed-users.sql": removedUsersSql(site, settings),
        "site.sql": siteSql(site),
        "admin-password": adminPassword,
      },
    });
    this.registerOutputs({});
  }
}
