/** What a machine lets in, where the site has a firewall: an nft(8) script for /etc/nftables.conf. */
import { methodOf } from "../settings/forwarding";
import { type MachineSettings, type SiteSettings, databasesOf } from "../settings/site";
import { ftpDataPorts } from "./realServer";

/**
 * Empty for a site without a firewall. What serves clients is accepted before conntrack's view of it counts: with direct
 * routing the director sees one side of a connection only. Packets that pass the director to real servers are IPVS's own.
 */
export function firewallRules(site: SiteSettings, machine: MachineSettings): string {
  if (!site.firewall) return "";
  const accepted = [
    "iif lo accept",
    "meta l4proto { icmp, icmpv6 } accept",
    "tcp dport 22 accept",
    ...served(site, machine).map((match) => `${match} accept`),
    "ct state established,related accept",
  ];
  return `table inet lvs_firewall
delete table inet lvs_firewall
table inet lvs_firewall {
  chain input {
    type filter hook input priority filter; policy drop;
${accepted.map((rule) => `    ${rule}`).join("\n")}
  }
}
`;
}

/** nft(8) matches for what a machine's role serves. */
function served(site: SiteSettings, machine: MachineSettings): string[] {
  switch (machine.role) {
    case "director":
      return site.services.map(({ family, vips, protocol, ports }) => {
        const to = `${family === 6 ? "ip6" : "ip"} daddr { ${vips.join(", ")} }`;
        return ports[0] === "0"
          ? `${to} meta l4proto ${protocol}`
          : `${to} ${protocol} dport { ${ports.join(", ")} }`;
      });
    case "realServer":
      return realServerMatches(site);
    case "nfs":
      return [`ip saddr { ${realServerAddresses(site).join(", ")} } tcp dport 2049`];
    case "mysql":
      return [`ip saddr { ${databaseClients(site, machine).join(", ")} } tcp dport 3306`];
    case "client":
      return [];
  }
}

function realServerMatches({ services }: SiteSettings): string[] {
  const tunnelled = services.some(({ forwarding }) => methodOf(forwarding).vipDevice === "tunl0");
  const protocols = [...new Set(services.map(({ protocol }) => protocol))];
  const portsOf = (wanted: string) =>
    services
      .filter(({ protocol }) => protocol === wanted)
      .flatMap(({ listeners }) => listeners)
      .flatMap((listener) => (listener.application === "ftp" ? [listener, ftpDataPorts] : [listener]))
      .map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
  return [
    ...protocols.map((protocol) => `${protocol} dport { ${[...new Set(portsOf(protocol))].join(", ")} }`),
    // IP in IP by its number: the image has no /etc/protocols, and there `ipip` is another protocol, 94.
    ...(tunnelled ? ["meta l4proto 4"] : []),
  ];
}

const databaseClients = (site: SiteSettings, { name }: MachineSettings): string[] => [
  ...realServerAddresses(site),
  ...databasesOf(site).flatMap((other) => (other.name === name ? [] : other.nics[0]!.addresses)),
];

const realServerAddresses = (site: SiteSettings): string[] =>
  site.realServers.flatMap(({ nics }) => nics.flatMap(({ addresses }) => addresses));
