/** The provider of each resource type. */
import { certRequest, locallySignedCert, selfSignedCert } from "./certificates";
import { localCommand, remoteCommand } from "./command";
import { privateKey } from "./keys";
import { domain, network, pool, volume } from "./libvirt";
import type { Provider } from "./provider";
import { randomPassword } from "./secrets";

export const providers: Readonly<Record<string, Provider>> = {
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
  "libvirt:index/network:Network": network,
  "libvirt:index/pool:Pool": pool,
  "libvirt:index/volume:Volume": volume,
  "libvirt:index/domain:Domain": domain,
  "random:index/randomPassword:RandomPassword": randomPassword,
  "tls:index/privateKey:PrivateKey": privateKey,
  "tls:index/certRequest:CertRequest": certRequest,
  "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
  "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
};
