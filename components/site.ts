import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { type SiteSettings, siteHost } from "../settings/site";
import { saltNames } from "../templates/nfsServer";
import { Director } from "./director";
import { GoldenImage } from "./goldenImage";
import { Hypervisor } from "./hypervisor";
import type { Ground } from "./machine";
import { MysqlServer } from "./mysqlServer";
import { Network } from "./network";
import { NfsServer } from "./nfsServer";
import { RealServer } from "./realServer";

/** One whole stack: director, real servers, NFS server and MySQL server, and the secrets between them. */
export class Site extends pulumi.ComponentResource {
  readonly url: string;
  /** Names the image that the machines run on. */
  readonly imageHash: string;
  readonly adminPassword: pulumi.Output<string>;
  readonly databasePassword: pulumi.Output<string>;
  /** The operator's private key, in OpenSSH form. */
  readonly operatorKey: pulumi.Output<string>;
  /** Public ssh host key of each machine, by name. */
  readonly hostKeys: pulumi.Output<Record<string, string>>;

  constructor(name: string, settings: SiteSettings, opts?: pulumi.ComponentResourceOptions) {
    super("lvs:index:Site", name, {}, opts);
    const parent = { parent: this };
    const password = (role: string) =>
      new random.RandomPassword(`${name}-${role}`, { length: 32, special: false }, parent).result;
    this.databasePassword = password("database-password");
    this.adminPassword = password("admin-password");
    const salts = pulumi.all(saltNames.map((salt) => password(salt.toLowerCase().replaceAll("_", "-"))));
    const operatorKey = new tls.PrivateKey(`${name}-operator-key`, { algorithm: "ED25519" }, parent);

    const hypervisor = new Hypervisor(`${name}-hypervisor`, { site: settings }, parent);
    const network = new Network(`${name}-network`, { settings: settings.network, hypervisor }, parent);
    const image = new GoldenImage(`${name}-image`, { settings: settings.image, hypervisor }, parent);
    const ground: Ground = { site: settings, hypervisor, network, image, operatorKey };

    const secrets = pulumi
      .all([this.databasePassword, salts])
      .apply(([databasePassword, known]) => ({ databasePassword, salts: known }));
    const { databasePassword, adminPassword } = this;
    const realServers = settings.realServers.map(
      (server) => new RealServer(server.name, { ground, settings: server }, parent),
    );
    const director = new Director("director", { ground, realServers }, parent);
    const nfs = new NfsServer("nfs", { ground, secrets }, parent);
    const mysql = new MysqlServer("mysql", { ground, databasePassword, adminPassword }, parent);

    this.imageHash = image.hash;
    this.url = `http://${siteHost(settings)}/`;
    this.operatorKey = operatorKey.privateKeyOpenssh;
    this.hostKeys = pulumi.output(
      Object.fromEntries(
        [director, ...realServers, nfs, mysql].map(({ machine }) => [machine.settings.name, machine.hostKey]),
      ),
    );
    this.registerOutputs({});
  }
}
