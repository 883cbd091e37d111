import {
  directorConf,
  directorModules,
  directorNft,
  directorSysctl,
  ipvsRules,
  readinessList,
} from "../../../templates/director";
import { firewallRules } from "../../../templates/firewall";
import { identityString, identityTmpfiles, kernelCommandLine, networkFile } from "../../../templates/machine";
import { lab } from "../labs";

/** Every forwarding method and protocol. */
const site = lab("mixed");
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
  ["the director's director.conf", directorConf(site)],
  ["the director's ipvs.rules", ipvsRules(site)],
  ["the director's lvs.nft", directorNft(site)],
  ["the director's list of real servers to ask", readinessList(site)],
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
