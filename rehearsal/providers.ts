/** Which provider makes which type of resource. */
import { localCommand, remoteCommand } from "./command";
import { domain, network, pool, volume } from "./libvirt";
import type { Provider } from "./provider";
import { privateKey, randomPassword } from "./secrets";

export const providers: Readonly<Record<string, Provider>> = {
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
  "libvirt:index/network:Network": network,
  "libvirt:index/pool:Pool": pool,
  "libvirt:index/volume:Volume": volume,
  "libvirt:index/domain:Domain": domain,
  "random:index/randomPassword:RandomPassword": randomPassword,
  "tls:index/privateKey:PrivateKey": privateKey,
};
