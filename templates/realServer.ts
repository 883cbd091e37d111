/** What a real server reads besides its web server: how it holds VIPs, the mount of a shared tree, echo and FTP. */
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

/** Kernel doc ip-sysctl: the kernel takes the larger of `all` and the interface; both are set, in force before any VIP. */
export function arpSysctl({ nics }: MachineSettings): string {
  return ["all", ...nics.map(({ device }) => device)]
    .map((where) => `net.ipv4.conf.${where}.arp_ignore = 1\nnet.ipv4.conf.${where}.arp_announce = 2\n`)
    .join("");
}

/** The services that a machine answers for: a sorry server for those that have its page. */
const servicesOf = (site: SiteSettings, { name, role }: MachineSettings): VirtualServiceSettings[] =>
  site.services.filter(({ destinations, sorryAddress }) =>
    role === "sorryServer"
      ? sorryAddress !== undefined
      : destinations.some((destination) => destination.name === name),
  );

/** The VIPs by which clients reach a machine whose replies go straight back to them, each as `VIP@DEVICE`. */
export function heldVips(site: SiteSettings, server: MachineSettings): string[] {
  const held = servicesOf(site, server).flatMap(({ vips, forwarding }) => {
    const { vipDevice } = methodOf(forwarding);
    return vipDevice ? vips.map((vip) => `${vip}@${vipDevice}`) : [];
  });
  return [...new Set(held)];
}

/** What `lvs-real-server` sources. */
export function realServerConf(site: SiteSettings, server: MachineSettings): string {
  return `INTERFACES="${server.nics.map(({ device }) => device).join(" ")}"
VIPS="${heldVips(site, server).join(" ")}"
DRAIN_SECONDS=${site.director.drainSeconds}
`;
}

/**
 * An nft(8) script, empty where nothing is tunnelled. A client's segments of 1460 bytes would not fit a tunnel's packet,
 * whose outer header takes 20: it is told 1440, whatever the network lets it discover.
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
 * nfs(5): `hard` never corrupts; \`_netdev\` orders it after the network. The mount keeps trying for as long as it takes, in
 * the background of the boot: a real server that comes up before the NFS server gets its tree without help. Code of its
 * own is mounted read-only, at the same place as a shared tree, for which OPcache's files are made.
 */
export function fstabLines(site: SiteSettings, nfs: MachineSettings): string {
  const { exported, mounted } = webTree(site);
  const options = "hard,nfsvers=4.2,_netdev,nofail,retry=10000,x-systemd.mount-timeout=infinity";
  const own = hasLocalCode(site) ? `${localFiles(site)} /wordpress none bind,ro,nofail 0 0\n` : "";
  return `${own}${nfs.address}:${exported} ${mounted} nfs4 ${options} 0 0\n`;
}

/**
 * Instances of lvs-echo@.service, PROTOCOL-PORT-ADDRESS, one a line: at the real server's own address, and at each VIP that
 * it holds, as an answer over UDP comes from the address to which its socket is bound.
 */
export function echoInstances(site: SiteSettings, server: RealServerSettings): string[] {
  const instances = servicesOf(site, server).flatMap(
    ({ protocol, listeners, destinations, vips, forwarding }) => {
      const own = destinations.find(({ name }) => name === server.name)!.address;
      const addresses = [own, ...(methodOf(forwarding).vipDevice ? vips : [])];
      return listeners
        .filter(({ application }) => application === "echo")
        .flatMap(portsIn)
        .flatMap((port) => addresses.map((address) => `${protocol}-${port}-${address}`));
    },
  );
  return [...new Set(instances)];
}

/** Where clients of passive FTP find their data. */
export const ftpDataPorts = { from: 30000, to: 30099 } as const;

/** vsftpd.conf(5): anonymous, read-only; undefined where no service speaks FTP. */
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
pasv_enable=YES
pasv_min_port=${ftpDataPorts.from}
pasv_max_port=${ftpDataPorts.to}
use_localtime=YES
`
  );
}
