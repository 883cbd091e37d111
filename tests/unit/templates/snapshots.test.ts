/** Three files as a whole, for whoever reviews a change of what the machines get. Tests beside this one say what they must hold. */
import { ipvsRules } from "../../../templates/director";
import { firewallRules } from "../../../templates/firewall";
import { keepalivedConf } from "../../../templates/keepalived";
import { lab } from "../labs";

/** Every forwarding method and protocol. */
const mixed = lab("mixed");
const pair = lab("ha-nat");

test.each<[string, string]>([
  ["the director's ipvs.rules", ipvsRules(mixed)],
  ["a director's keepalived.conf, of a pair", keepalivedConf(pair, pair.director)],
  ["a real server's firewall", firewallRules({ ...mixed, firewall: true }, mixed.realServers[0])],
])("%s is rendered as before", (_file, text) => {
  expect(text).toMatchSnapshot();
});
