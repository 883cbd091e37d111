import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { Role } from "../settings/roles";
import { type DirectorSettings, type SiteSettings, directorsOf, siteUrl } from "../settings/site";
import { hasLocalCode, sourceOf } from "../settings/webFiles";
import { saltNames, wpConfig } from "../templates/nfsServer";
import { SiteCertificate } from "./certificate";
import { Client } from "./client";
import { DatabaseTls } from "./databaseTls";
import { Director } from "./director";
import { GoldenImage } from "./goldenImage";
import { Hypervisor } from "./hypervisor";
import type { SharedResources, Machine } from "./machine";
import { MysqlServer } from "./mysqlServer";
import { Network } from "./network";
import { NfsServer } from "./nfsServer";
import { RealServer } from "./realServer";
import { Rollout, type StandingMachines } from "./rollout";
import { SorryServer } from "./sorryServer";
import { Source } from "./source";
import type { Push } from "./sync";

/** The components of each role. The compiler requires every role of settings/roles.ts. */
type MachinesByRole = Readonly<Record<Role, readonly { readonly machine: Machine }[]>>;

/** One whole stack: directors, real servers, the machines that they need, and the secrets between them. */
export class Site extends pulumi.ComponentResource {
  readonly url: string;
  /** Hash of the image that the machines run on. */
  readonly imageHash: string;
  /** Undefined for content other than WordPress, like the database's password. */
  readonly adminPassword?: pulumi.Output<string>;
  readonly databasePassword?: pulumi.Output<string>;
  /** PEM, to import into browsers. Undefined without TLS and with a certificate of the user's own. */
  readonly caCertificate?: pulumi.Output<string>;
  /** The operator's private key, in OpenSSH form. */
  readonly operatorKey: pulumi.Output<string>;
  /** Public ssh host key of each machine, by name. */
  readonly hostKeys: pulumi.Output<Record<string, string>>;
  private readonly parent = { parent: this };

  constructor(
    private readonly label: string,
    private readonly settings: SiteSettings,
    standing: StandingMachines,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("lvs:index:Site", label, {}, opts);
    const operatorKey = new tls.PrivateKey(`${label}-operator-key`, { algorithm: "ED25519" }, this.parent);
    const shared = this.sharedResources(operatorKey, new Rollout(settings, standing));
    const certificate =
      settings.tls &&
      new SiteCertificate(`${label}-certificate`, { site: settings, settings: settings.tls }, this.parent);
    const databaseTls =
      settings.mysql && new DatabaseTls(`${label}-database-tls`, { site: settings }, this.parent);
    if (settings.content === "wordpress") {
      this.databasePassword = this.password("database-password");
      this.adminPassword = this.password("admin-password");
    }
    const config = this.wordpressConfig();
    const pushKey =
      sourceOf(settings) && new tls.PrivateKey(`${label}-push-key`, { algorithm: "ED25519" }, this.parent);
    const secured = { shared, certificate: certificate?.files };
    const behind = {
      ...secured,
      databaseCa: databaseTls?.caCertificate,
      wpConfig: hasLocalCode(settings) ? config : undefined,
      pushKey,
    };
    const realServers = settings.realServers.map(
      (server) => new RealServer(server.name, { ...behind, settings: server }, this.parent),
    );
    const served = realServers.map(({ machine }) => machine);
    const makeDirector = (director: DirectorSettings) =>
      new Director(director.name, { ...secured, settings: director, realServers: served }, this.parent);
    // The second one first: in a pair it is the standby, as long as the other one has not failed.
    const directors = directorsOf(settings).toReversed().map(makeDirector).toReversed();
    const push = pushKey && { key: pushKey, realServers: served };
    const storage = this.storage(shared, config, push, databaseTls);
    const { client, sorry } = settings;
    const clients = client ? [new Client("client", { shared, settings: client }, this.parent)] : [];
    const sorryServers = sorry?.machine
      ? [new SorryServer("sorry", { ...secured, settings: sorry.machine }, this.parent)]
      : [];
    const byRole: MachinesByRole = {
      director: directors,
      realServer: realServers,
      sorryServer: sorryServers,
      client: clients,
      ...storage,
    };
    const machines = Object.values(byRole).flat();

    this.imageHash = shared.image.hash;
    this.url = siteUrl(settings);
    this.caCertificate = certificate?.caCertificate;
    this.operatorKey = operatorKey.privateKeyOpenssh;
    this.hostKeys = pulumi.output(
      Object.fromEntries(machines.map(({ machine }) => [machine.settings.name, machine.hostKey])),
    );
    // No component registers a secret. The stack's outputs have those that readers need.
    const { url, imageHash, caCertificate, hostKeys } = this;
    this.registerOutputs({ url, imageHash, caCertificate, hostKeys });
  }

  /** The hypervisor, networks and image for all machines. */
  private sharedResources(operatorKey: tls.PrivateKey, rollout: Rollout): SharedResources {
    const { label, settings, parent } = this;
    const hypervisor = new Hypervisor(`${label}-hypervisor`, { site: settings }, parent);
    const networks = Object.fromEntries(
      settings.networks.map((network) => {
        // Sites once had only the front network. It keeps its name.
        const suffix = network.name === "front" ? "" : `-${network.name}`;
        return [
          network.name,
          new Network(`${label}-network${suffix}`, { settings: network, hypervisor }, parent),
        ];
      }),
    );
    const image = new GoldenImage(`${label}-image`, { settings: settings.image, hypervisor }, parent);
    return { site: settings, hypervisor, networks, image, operatorKey, rollout };
  }

  /** The machines with the real servers' shared data. */
  private storage(
    shared: SharedResources,
    config: pulumi.Output<string> | undefined,
    push: Push | undefined,
    tls: DatabaseTls | undefined,
  ): Pick<MachinesByRole, "nfs" | "source" | "mysql"> {
    const { nfs, source, mysql, replica } = this.settings;
    const { databasePassword, adminPassword, parent } = this;
    const backupPassword = this.settings.backup && this.password("backup-password");
    const nfsServers: NfsServer[] = [];
    const sources: Source[] = [];
    const mysqlServers: MysqlServer[] = [];
    // In the order in which they are replaced: the replica before the primary, and what stands alone last.
    if (tls && databasePassword && adminPassword) {
      const replicationPassword = replica && this.password("replication-password");
      const args = {
        shared,
        tls,
        databasePassword,
        adminPassword,
        replicationPassword,
        backupPassword,
      };
      for (const settings of [replica, mysql])
        if (settings) mysqlServers.push(new MysqlServer(settings.name, { ...args, settings }, parent));
    }
    if (nfs) {
      const tree = hasLocalCode(this.settings) ? undefined : config;
      const databaseCa = tls?.caCertificate;
      const args = { shared, settings: nfs, wpConfig: tree, push, backupPassword, databaseCa };
      nfsServers.push(new NfsServer("nfs", args, parent));
    }
    if (source && push) sources.push(new Source("source", { shared, settings: source, push }, parent));
    return { nfs: nfsServers, source: sources, mysql: mysqlServers };
  }

  /** The content of wp-config.php, the same on every machine. */
  private wordpressConfig(): pulumi.Output<string> | undefined {
    const { databasePassword, settings } = this;
    if (!databasePassword) return undefined;
    const salts = saltNames.map((salt) => this.password(salt.toLowerCase().replaceAll("_", "-")));
    return pulumi
      .all([databasePassword, pulumi.all(salts)])
      .apply(([password, known]) => wpConfig(settings, { databasePassword: password, salts: known }));
  }

  private password(role: string): pulumi.Output<string> {
    return new random.RandomPassword(`${this.label}-${role}`, { length: 32, special: false }, this.parent)
      .result;
  }
}
