/** Puts a checked stack file and its address plan together as a site. */
import type { AddressPlan } from "./addressPlan";
import { assembleNetworks, assembleNic } from "./assemble/networks";
import { assembleService } from "./assemble/services";
import { methodOf } from "./forwarding";
import type { StackFile } from "./schema";
import type {
  MachineSettings,
  MysqlSettings,
  RealServerSettings,
  SiteSettings,
  VirtualServiceSettings,
} from "./site";
import { type Role, bufferPoolMiB, defaultMemoryMiB, phpChildren, spareConnections } from "./sizing";

export function assemble(stack: string, file: StackFile, plan: AddressPlan): SiteSettings {
  const networks = assembleNetworks(stack, file, plan);
  const machine = (
    name: string,
    role: Role,
    addresses: readonly string[],
    said: { memoryMiB?: number; vcpus: number; sources?: number } = { vcpus: 1 },
  ): MachineSettings => ({
    name,
    role,
    address: addresses[0]!,
    nics: addresses.map((address, index) => assembleNic(networks, address, index, said.sources)),
    memoryMiB: said.memoryMiB ?? defaultMemoryMiB(role, file.content),
    vcpus: said.vcpus,
  });
  const director = {
    ...machine("director", "director", plan.director, file.director),
    manager: file.director.manager,
    drainSeconds: file.director.drainSeconds,
    timeouts: file.director.timeouts,
  };
  const bare = file.realServers.map((said, index): RealServerSettings => {
    const server = machine(said.name ?? `rs${index + 1}`, "realServer", plan.realServers[index]!, said);
    const { weight } = said;
    return { ...server, weight, phpChildren: file.php.maxChildren ?? phpChildren(server.memoryMiB) };
  });
  const services = file.services.map((said, index) =>
    assembleService({ file, said, index, vips: plan.vips[index]!, networks, director, realServers: bare }),
  );
  const realServers = bare.map((server) => throughDirector(server, services, director));
  const wordpress = file.content === "wordpress";
  return {
    stack,
    hypervisor: file.hypervisor,
    image: file.image,
    layDown: file.layDown,
    content: file.content,
    firewall: file.firewall,
    networks,
    director,
    services,
    realServers,
    php: { listener: file.php.listener },
    ...((wordpress || file.nfs) && { nfs: machine("nfs", "nfs", plan.nfs, file.nfs) }),
    ...(wordpress &&
      assembleDatabase(
        machine("mysql", "mysql", plan.mysql, file.mysql),
        plan.replica && machine("mysql2", "mysql", plan.replica, file.mysql),
        file,
        bare,
      )),
    ...(file.client && { client: machine("client", "client", plan.client, file.client) }),
    ...(file.tls && { tls: file.tls }),
    wordpress: file.wordpress,
  };
}

/** Where a method wants replies to come back through the director, that is the next hop of the NIC concerned. */
function throughDirector(
  server: RealServerSettings,
  services: readonly VirtualServiceSettings[],
  director: MachineSettings,
): RealServerSettings {
  const behind = services
    .filter(({ forwarding }) => methodOf(forwarding).directorIsGateway)
    .flatMap(({ destinations }) => destinations.filter(({ name }) => name === server.name));
  const nics = server.nics.map((nic) => {
    const inside = director.nics.find(({ network }) => network === nic.network);
    const concerned = behind.some(({ address }) => nic.addresses.includes(address));
    return concerned && inside ? { ...nic, gateway: inside.addresses[0]!, throughDirector: true } : nic;
  });
  return { ...server, nics };
}

function assembleDatabase(
  first: MachineSettings,
  second: MachineSettings | undefined,
  { mysql }: StackFile,
  realServers: readonly RealServerSettings[],
): Pick<SiteSettings, "mysql" | "replica"> {
  const children = realServers.reduce((sum, server) => sum + server.phpChildren, 0);
  const maxConnections = mysql?.maxConnections ?? children + spareConnections;
  const sized = (machine: MachineSettings, serverId: 1 | 2): MysqlSettings => ({
    ...machine,
    maxConnections,
    bufferPoolMiB: bufferPoolMiB(machine.memoryMiB, maxConnections),
    serverId,
    semiSyncTimeoutSeconds: mysql?.semiSyncTimeoutSeconds ?? 10,
  });
  if (!second) return { mysql: sized(first, 1) };
  const both = [sized(first, 1), sized(second, 2)] as const;
  const [primary, replica] = mysql?.primary === second.name ? both.toReversed() : both;
  return { mysql: primary, replica };
}
