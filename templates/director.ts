/** What the director reads: sysctls, its IPVS table, and where its VIPs go. */
import { forwardingMethods } from "../settings/forwarding";
import { type SiteSettings, vipsOf } from "../settings/site";

/** The machines' only NIC; named so by `net.ifnames=0` on the kernel's command line. */
export const nic = "eth0";

/**
 * `send_redirects` is OR-ed over `all` and the interface, so both are off; a removed real server loses its connections
 * and its persistence templates at once (kernel doc ipvs-sysctl).
 */
export function directorSysctl(): string {
  return `net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.default.send_redirects = 0
net.ipv4.conf.${nic}.send_redirects = 0
net.ipv4.vs.expire_nodest_conn = 1
net.ipv4.vs.expire_quiescent_template = 1
`;
}

/** The whole table in the form of `ipvsadm-save -n`: each service, followed by its real servers. */
export function ipvsRules(site: SiteSettings): string {
  const lines = site.services.flatMap((service) => {
    const virtual = `-t ${service.vip}:${service.port}`;
    const { ipvsadmFlag } = forwardingMethods[service.forwarding];
    return [
      `-A ${virtual} -s ${service.scheduler}`,
      ...site.realServers.map(
        (server) => `-a ${virtual} -r ${server.address}:${service.port} ${ipvsadmFlag} -w ${server.weight}`,
      ),
    ];
  });
  return `${lines.join("\n")}\n`;
}

/** What `lvs-director` and `lvs-real-server` source: where the VIPs go, and which. */
export function vipConf(site: SiteSettings): string {
  return `INTERFACE=${nic}
VIPS="${vipsOf(site).join(" ")}"
`;
}
