/** Combines a checked stack file and its address plan into the settings of a site. */
import type { AddressPlan } from "./addressPlan";
import { assembleNetworks, assembleNic, networkOf } from "./assemble/networks";
import { assembleService } from "./assemble/services";
import { methodOf } from "./forwarding";
import { hashOf } from "./hash";
import type { StackFile } from "./schema";
import { defaultVcpus, mysql as mysqlSchema } from "./schema/machines";
import type {
  DirectorSettings,
  MachineSettings,
  MysqlSettings,
  NetworkSettings,
  RealServerSettings,
  SiteSettings,
  VirtualServiceSettings,
  VrrpSettings,
} from "./site";
import { type MachineInFile, type Role, defaultMemoryMiB, roleOf } from "./roles";
import { bufferPoolMiB, phpChildren, spareConnections } from "./sizing";
import { type NonEmpty, mapNonEmpty, nonEmpty, paired } from "./lists";

/**
 * Returns the site of a stack: its machines, networks and services with all defaults. It checks nothing: `fileProblems`
 * must be empty before, and `siteProblems` judges the result.
 */
export function assemble(stack: string, file: StackFile, plan: AddressPlan): SiteSettings {
  const networks = assembleNetworks(stack, file, plan);
  const has = (role: Role): boolean => roleOf(role).isPresent(file);
  const machine = (
    name: string,
    role: Role,
    planned: readonly string[],
    said: MachineInFile = {},
  ): MachineSettings => {
    const addresses = nonEmpty(planned, `address of ${name}`);
    return {
      name,
      role,
      address: addresses[0],
      nics: mapNonEmpty(addresses, (address, index) => assembleNic(networks, address, index, said.sources)),
      memoryMiB: said.memoryMiB ?? defaultMemoryMiB(role, file.content),
      vcpus: said.vcpus ?? defaultVcpus,
    };
  };
  const { manager, health, drainSeconds, timeouts } = file.director;
  const oneDirector = (name: string, addresses: readonly string[]): DirectorSettings => ({
    ...machine(name, "director", addresses, file.director),
    manager,
    health,
    drainSeconds,
    timeouts,
  });
  const director = oneDirector("director", plan.director);
  const isPair = file.directors === 2;
  const planned = nonEmpty(paired(file.realServers, plan.realServers), "real server");
  const bare = mapNonEmpty(planned, ([said, addresses], index): RealServerSettings => {
    const server = machine(said.name ?? `rs${index + 1}`, "realServer", addresses, said);
    const { weight, drained } = said;
    const children = file.php.maxChildren ?? phpChildren(server.memoryMiB, file.cache.opcacheMiB);
    return { ...server, weight, drained, phpChildren: children };
  });
  const sorryMachine = has("sorryServer") ? machine("sorry", "sorryServer", plan.sorryServer) : undefined;
  const services = mapNonEmpty(nonEmpty(paired(file.services, plan.vips), "service"), ([said, vips], index) =>
    assembleService({
      file,
      said,
      index,
      vips: nonEmpty(vips, "VIP"),
      networks,
      director,
      realServers: bare,
      sorryMachine,
    }),
  );
  const floating = isPair ? floatingGateways(plan, services, networks) : undefined;
  const behind = <Server extends MachineSettings>(server: Server): Server =>
    throughDirector(server, services, director, floating);
  const realServers = mapNonEmpty(bare, behind);
  return {
    stack,
    hypervisor: file.hypervisor,
    image: file.image,
    protect: file.protect,
    reconcile: file.reconcile,
    layDown: file.layDown,
    content: file.content,
    firewall: file.firewall,
    trustedProxies: file.trustedProxies,
    managementCidrs: [
      ...networks.flatMap(({ gateway, gateway6 }) => (gateway6 ? [gateway, gateway6] : [gateway])),
      ...file.managementCidrs,
    ],
    securityUpdates: file.securityUpdates,
    debianMirror: file.debianMirror,
    nameServers: file.nameServers,
    networks,
    director,
    ...(isPair && { secondDirector: oneDirector("director2", plan.secondDirector) }),
    ...(floating && { vrrp: assembleVrrp(stack, file, floating) }),
    ...(file.sorryServer && {
      sorry: {
        retryAfterSeconds: file.sorryServer.retryAfterSeconds,
        ...(sorryMachine && { machine: behind(sorryMachine) }),
      },
    }),
    services,
    realServers,
    php: { listener: file.php.listener, uploadMiB: file.php.uploadMiB },
    cache: file.cache,
    ...(has("nfs") && { nfs: machine("nfs", "nfs", plan.nfs, file.nfs) }),
    sync: file.sync,
    ...(has("source") && { source: machine("source", "source", plan.source, file.source) }),
    ...(has("mysql") &&
      assembleDatabase(
        machine("mysql", "mysql", plan.mysql, file.mysql),
        plan.replica && machine("mysql2", "mysql", plan.replica, file.mysql),
        file,
        bare,
      )),
    ...(file.backup && { backup: file.backup }),
    ...(has("client") && { client: machine("client", "client", plan.client, file.client) }),
    ...(file.tls && { tls: { hstsSeconds: file.tls.redirect ? usualHstsSeconds : 0, ...file.tls } }),
    wordpress: file.wordpress,
  };
}

/** 30 days: long enough to be of use, short enough for a site that goes back to http. */
const usualHstsSeconds = 2_592_000;

/**
 * RFC 9568 reserves 255 for the owner of the addresses. When the master resigns, the backup still waits for (256 -
 * priority) / 256 of an advertisement interval, and during that time no director holds the VIPs. The highest other
 * priority makes this wait the shortest.
 */
const vrrpPriority = 254;

/**
 * The default router id (VRID) is a hash of the stack's name. It need not be unique, because two stacks share no
 * network.
 */
function assembleVrrp(stack: string, { vrrp }: StackFile, gateways: VrrpSettings["gateways"]): VrrpSettings {
  const routerId = vrrp.routerId ?? (hashOf(stack) % 255) + 1;
  return { routerId, advertSeconds: vrrp.advertSeconds, priority: vrrpPriority, gateways };
}

const gatewayServices = (services: readonly VirtualServiceSettings[]) =>
  services.filter(({ forwarding }) => methodOf(forwarding).directorIsGateway);

/** The floating gateways of networks on which real servers reply through the director. */
function floatingGateways(
  plan: AddressPlan,
  services: readonly VirtualServiceSettings[],
  networks: NonEmpty<NetworkSettings>,
): VrrpSettings["gateways"] {
  const concerned = gatewayServices(services).flatMap(({ destinations }) =>
    destinations.map(({ address }) => networkOf(networks, address).name),
  );
  return plan.floating
    .map((address) => ({ address, network: networkOf(networks, address).name }))
    .filter(({ network }) => concerned.includes(network));
}

/**
 * Makes the director the next hop of the server's NICs whose forwarding method needs replies to pass through the
 * director.
 */
function throughDirector<Server extends MachineSettings>(
  server: Server,
  services: readonly VirtualServiceSettings[],
  director: MachineSettings,
  floating: VrrpSettings["gateways"] = [],
): Server {
  const behind = gatewayServices(services).flatMap(({ destinations, sorryAddress }) => [
    ...destinations.filter(({ name }) => name === server.name).map(({ address }) => address),
    ...(sorryAddress === undefined ? [] : [sorryAddress]),
  ]);
  const nics = mapNonEmpty(server.nics, (nic) => {
    const inside = director.nics.find(({ network }) => network === nic.network);
    const gateway = floating.find(({ network }) => network === nic.network)?.address ?? inside?.addresses[0];
    const concerned = nic.addresses.some((address) => behind.includes(address));
    return concerned && gateway !== undefined ? { ...nic, gateway, throughDirector: true } : nic;
  });
  return { ...server, nics };
}

function assembleDatabase(
  first: MachineSettings,
  second: MachineSettings | undefined,
  { mysql }: StackFile,
  realServers: readonly RealServerSettings[],
): Pick<SiteSettings, "mysql" | "replica"> {
  const { semiSyncTimeoutSeconds } = mysql ?? mysqlSchema.parse({});
  const children = realServers.reduce((sum, server) => sum + server.phpChildren, 0);
  const maxConnections = mysql?.maxConnections ?? children + spareConnections;
  const sized = (machine: MachineSettings, serverId: 1 | 2): MysqlSettings => ({
    ...machine,
    maxConnections,
    bufferPoolMiB: bufferPoolMiB(machine.memoryMiB, maxConnections),
    serverId,
    semiSyncTimeoutSeconds,
  });
  if (!second) return { mysql: sized(first, 1) };
  const both = [sized(first, 1), sized(second, 2)] as const;
  const [primary, replica] = mysql?.primary === second.name ? both.toReversed() : both;
  return { mysql: primary, replica };
}
