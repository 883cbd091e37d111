import * as pulumi from "@pulumi/pulumi";
import { myCnf, mysqlSettingsSql, siteSql, usersSql } from "../templates/mysqlServer";
import { type Ground, Machine } from "./machine";

export interface MysqlServerArgs {
  readonly ground: Ground;
  readonly databasePassword: pulumi.Output<string>;
  readonly adminPassword: pulumi.Output<string>;
}

/** The machine running MariaDB with the site's database. */
export class MysqlServer extends pulumi.ComponentResource {
  readonly machine: Machine;

  constructor(name: string, args: MysqlServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:MysqlServer", name, {}, opts);
    const { ground, databasePassword, adminPassword } = args;
    const { site } = ground;
    this.machine = new Machine(
      name,
      { ground, settings: site.mysql, dataSeed: "mysql.qcow2" },
      { parent: this },
    );
    this.machine.guest.run("mysql-server", {
      script: "mysql-server/script.sh",
      copies: ["mysql-server/hash-password.php"],
      files: {
        "my.cnf": myCnf(site),
        "settings.sql": mysqlSettingsSql(site),
        "users.sql": databasePassword.apply((password) => usersSql(site, password)),
        "site.sql": siteSql(site),
        "admin-password": adminPassword,
      },
    });
    this.registerOutputs({});
  }
}
