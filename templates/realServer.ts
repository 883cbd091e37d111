/** Files of a real server besides its web server: VIPs, mounts, echo and FTP. */
import { methodOf } from "../settings/forwarding";
import { portsIn } from "../settings/ports";
import {
  type MachineSettings,
  type RealServerSettings,
  type SiteSettings,
  type VirtualServiceSettings,
  listenersOf,
} from "../settings/site";
import { hasLocalCode, localFiles } from "../settings/webFiles";
import { webTree } from "./nfsServer";

/** The ARP sysctls. The kernel uses the larger value of `all` and the interface (kernel doc ip-sysctl). Both are set before any VIP exists. */
export function arpSysctl({ nics }: MachineSettings): string {
  return ["all", ...nics.map(({ device }) => device)]
    .map((where) => `net.ipv4.conf.${where}.arp_ignore = 1\nnet.ipv4.conf.${where}.arp_announce = 2\n`)
    .join("");
}

/** The services of a machine. For a sorry server, those with its page. */
const servicesOf = (site: SiteSettings, { name, role }: MachineSettings): VirtualServiceSettings[] =>
  site.services.filter(({ destinations, sorryAddress }) =>
    role === "sorryServer"
      ? sorryAddress !== undefined
      : destinations.some((destination) => destination.name === name),
  );

/** The VIPs that a machine holds because it replies to clients directly, each as `VIP@DEVICE`. */
export function heldVips(site: SiteSettings, server: MachineSettings): string[] {
  const held = servicesOf(site, server).flatMap(({ vips, forwarding }) => {
    const { vipDevice } = methodOf(forwarding);
    return vipDevice ? vips.map((vip) => `${vip}@${vipDevice}`) : [];
  });
  return [...new Set(held)];
}

/**
 * The files of `lvs-real-server`. The ARP sysctls are only there for a machine that holds VIPs.
 */
export function vipFiles(site: SiteSettings, server: MachineSettings): Record<string, string> {
  return {
    ...(heldVips(site, server).length > 0 && { "sysctl.conf": arpSysctl(server) }),
    "real-server.conf": realServerConf(site, server),
    "real-server.nft": realServerNft(site, server),
  };
}

/** The settings that `lvs-real-server` sources. */
export function realServerConf(site: SiteSettings, server: MachineSettings): string {
  return `INTERFACES="${server.nics.map(({ device }) => device).join(" ")}"
VIPS="${heldVips(site, server).join(" ")}"
DRAIN_SECONDS=${site.director.drainSeconds}
`;
}

/**
 * An nft(8) script, empty if no service uses tun. The outer header takes 20 bytes, so segments of 1460 bytes do
 * not fit into a tunnelled packet. The real server announces an MSS of 1440, and does not depend on path MTU
 * discovery.
 */
export function realServerNft(site: SiteSettings, server: MachineSettings): string {
  const tunnelled = servicesOf(site, server).filter(
    ({ forwarding }) => methodOf(forwarding).vipDevice === "tunl0",
  );
  const vips = [...new Set(tunnelled.flatMap(({ vips }) => vips))];
  if (vips.length === 0) return "";
  return `table inet lvs
delete table inet lvs
table inet lvs {
  chain output {
    type filter hook output priority mangle;
    ip saddr { ${vips.join(", ")} } tcp flags syn,ack / syn,ack tcp option maxseg size set 1440
  }
}
`;
}

/**
 * nfs(5): `hard` never corrupts data, and `_netdev` orders the mount after the network. The mount is retried in
 * the background of the boot for as long as it takes, so a real server that boots before the NFS server gets its
 * tree without help. A real server's own copy of the code is mounted read-only, at the same path as a shared tree,
 * because OPcache's files are made for that path.
 */
export function fstabLines(site: SiteSettings, nfs: MachineSettings): string {
  const { exported, mounted } = webTree(site);
  const options = "hard,nfsvers=4.2,_netdev,nofail,retry=10000,x-systemd.mount-timeout=infinity";
  const own = hasLocalCode(site) ? `${localFiles(site)} /wordpress none bind,ro,nofail 0 0\n` : "";
  return `${own}${nfs.address}:${exported} ${mounted} nfs4 ${options} 0 0\n`;
}

/**
 * Instances of lvs-echo@.service, as PROTOCOL-PORT-ADDRESS: one for the real server's own address, and one for each VIP that it holds,
 * because a UDP reply has the address to which the socket is bound as its source.
 */
export function echoInstances(site: SiteSettings, server: RealServerSettings): string[] {
  const instances = servicesOf(site, server).flatMap(
    ({ protocol, listeners, destinations, vips, forwarding }) => {
      const own = destinations.filter(({ name }) => name === server.name).map(({ address }) => address);
      const addresses = [...own, ...(methodOf(forwarding).vipDevice ? vips : [])];
      return listeners
        .filter(({ application }) => application === "echo")
        .flatMap(portsIn)
        .flatMap((port) => addresses.map((address) => `${protocol}-${port}-${address}`));
    },
  );
  return [...new Set(instances)];
}

/** The ports of passive FTP's data connections. */
export const ftpDataPorts = { from: 30000, to: 30099 } as const;

/** vsftpd.conf(5): anonymous and read-only. Undefined without an FTP service. */
export function vsftpdConf(site: SiteSettings): string | undefined {
  const listener = listenersOf(site).find(({ application }) => application === "ftp");
  return (
    listener &&
    `listen=YES
listen_port=${listener.from}
anonymous_enable=YES
no_anon_password=YES
anon_root=/usr/local/share/lvs/ftp
local_enable=NO
write_enable=NO
port_enable=NO
pasv_enable=YES
pasv_min_port=${ftpDataPorts.from}
pasv_max_port=${ftpDataPorts.to}
use_localtime=YES
`
  );
}
