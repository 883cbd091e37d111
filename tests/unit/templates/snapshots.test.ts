import {
  directorConf,
  directorModules,
  directorNft,
  directorSysctl,
  ipvsRules,
  readinessList,
} from "../../../templates/director";
import { firewallRules } from "../../../templates/firewall";
import { keepalivedConf } from "../../../templates/keepalived";
import { ldirectordCf } from "../../../templates/ldirectord";
import { identityString, identityTmpfiles, kernelCommandLine, networkFile } from "../../../templates/machine";
import { directorNginxConf, sorryPage } from "../../../templates/sorryServer";
import { lab } from "../labs";

/** Every forwarding method and protocol. */
const site = lab("mixed");
const [pair, monitored] = [lab("ha-nat"), lab("monitored")];
const guarded = { ...site, firewall: true };
const rs1 = site.realServers[0]!;
const identity = {
  machine: rs1,
  authorizedKey: "ssh-ed25519 AAAA\n",
  hostKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n",
};

test.each<[string, string]>([
  ["the director's sysctls", directorSysctl(site)],
  ["the director's modules", directorModules(site)],
  ["the director's director.conf", directorConf(site, site.director)],
  ["the director's ipvs.rules", ipvsRules(site)],
  ["the director's lvs.nft", directorNft(site, site.director)],
  ["the director's list of real servers to ask", readinessList(site)],
  ["a director's keepalived.conf, of a pair", keepalivedConf(pair, pair.director)],
  ["a director's lvs.nft, of a pair", directorNft(pair, pair.director)],
  ["a director's ldirectord.cf", ldirectordCf(monitored)],
  ["a director's nginx.conf", directorNginxConf(pair, pair.director)],
  ["the page for who finds no real server", sorryPage(pair)],
  ["the director's firewall", firewallRules(guarded, site.director)],
  ["a real server's firewall", firewallRules(guarded, rs1)],
  ["the network file of a machine's first NIC", networkFile(rs1, rs1.nics[0]!)],
  ["the network file of its second NIC", networkFile(rs1, rs1.nics[1]!)],
  ["a machine's kernel command line", kernelCommandLine(rs1)],
  ["a machine's identity as tmpfiles", identityTmpfiles(identity)],
  ["a machine's identity as a credential", identityString(identity)],
])("%s is rendered as before", (_file, text) => {
  expect(text).toMatchSnapshot();
});
