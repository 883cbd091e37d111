/** Claims about traffic through a service: whole uploads, downloads that bypass the director, FTP's second connection. */
import { networkOf } from "../../settings/assemble/networks";
import { methodOf } from "../../settings/forwarding";
import { type SiteSettings, type VirtualServiceSettings, bracketed } from "../../settings/site";
import { type RunningSite, execHere } from "../../running/runningSite";
import { devicesByMac, tapMac } from "../wire/capture";
import { type Claim, ensure } from "../claim";
import { type Entrance, addressesTold, claimed, entrancesOf, urlOf, viewpoint } from "../probing/entrances";

interface WebService {
  readonly service: VirtualServiceSettings;
  readonly entrance: Entrance;
}

/**
 * Services with the sample pages of static sites and shops, one for each forwarding method, address family and network. Uses https
 * where http only redirects.
 */
function sampled(site: SiteSettings): WebService[] {
  if (site.content === "wordpress") return [];
  const usable = (entrance: Entrance) =>
    entrance.application === "https" || (entrance.application === "http" && !site.tls?.redirect);
  const kindOf = ({ forwarding, family, vip }: VirtualServiceSettings) =>
    `${forwarding} ${family} ${networkOf(site.networks, vip).name}`;
  const all = site.services.flatMap((service) => {
    const entrance = entrancesOf(site, service).find(usable);
    return entrance ? [{ service, entrance, kind: kindOf(service) }] : [];
  });
  return all.filter(({ kind }, index) => all.findIndex((other) => other.kind === kind) === index);
}

/** Requests a page from the client machine or from this host, as `viewpoint` says. Resolves with the body. */
async function fetchText(
  running: RunningSite,
  { service, entrance }: WebService,
  path: string,
  upload = 0,
): Promise<string> {
  if (viewpoint(running.site, service) === "client") {
    const options = upload > 0 ? "-H 'Content-Type: application/octet-stream' --data-binary @-" : "";
    const input = `head -c ${upload} /dev/zero | curl -ksS --max-time 60 ${options}`;
    return running.execOk("client", `${input} '${urlOf(entrance)}${path}'`);
  }
  const posting = upload > 0 && { method: "POST", body: Buffer.alloc(upload) };
  const { status, body } = await running.get(`/${path}`, {
    base: urlOf(entrance),
    headers: claimed.headers,
    ...posting,
  });
  ensure(status === 200, `${urlOf(entrance)}${path} was answered ${status}`);
  return body.toString().trim();
}

const mebibyte = 1_048_576;

const uploads = (site: SiteSettings): Claim[] =>
  sampled(site).map((web) => ({
    id: `upload:${web.service.name}`,
    text: `${web.service.name}: 1 MiB posted to the VIP arrives whole (${web.service.forwarding})`,
    async prove(running) {
      const read = await fetchText(running, web, "post", mebibyte);
      ensure(read === String(mebibyte), `the real server read ${read} bytes`);
      return `${read} bytes read`;
    },
  }));

const addresses = (site: SiteSettings): Claim[] =>
  sampled(site).map((web) => {
    const { sourceNat } = methodOf(web.service.forwarding);
    return {
      id: `client-address:${web.service.name}`,
      text: `${web.service.name}: real servers see ${sourceNat ? "the director's address" : "the client's own address"}, whatever it claims to be`,
      async prove(running) {
        const text = await fetchText(running, web, "whoami");
        const [, server = "nobody", client = "nothing"] = /real-server=(\S+) client=(\S+)/.exec(text) ?? [];
        const own = addressesTold(site, web.service);
        ensure(own.includes(client), `${server} saw ${client}, and not ${own.join(" or ")}`);
        return `${server} saw ${client}`;
      },
    };
  });

/** Bytes that the director has sent, from the counters of the hypervisor's end of its NICs. */
async function sentByDirector({ director }: SiteSettings): Promise<number> {
  const devices = await devicesByMac();
  const { stdout } = await execHere(["ip", "-j", "-s", "link"]);
  const links = JSON.parse(stdout) as { ifname: string; stats64: { rx: { bytes: number } } }[];
  const taps = director.nics.map(({ mac }) => devices.get(tapMac(mac)));
  return links
    .filter(({ ifname }) => taps.includes(ifname))
    .reduce((sum, { stats64 }) => sum + stats64.rx.bytes, 0);
}

/** Claims for methods with direct replies. They count the director's bytes, so nothing else may pass it meanwhile. */
export const directReturnClaims = (site: SiteSettings): Claim[] =>
  sampled(site)
    .filter(({ service }) => methodOf(service.forwarding).vipDevice !== undefined)
    .map(directReturnOf);

const directReturnOf = (web: WebService): Claim => ({
  id: `direct-return:${web.service.name}`,
  text: `${web.service.name}: downloads bypass the director`,
  prove: (running) =>
    proveDirectReturn(running, async () => {
      if (viewpoint(running.site, web.service) === "hypervisor")
        return (await running.get("/big", { base: urlOf(web.entrance) })).body.length;
      const download = `curl -ksS -o /dev/null -w '%{size_download}' '${urlOf(web.entrance)}big'`;
      return Number(await running.execOk("client", download));
    }),
});

/** Proves that the director sends much less than `download` receives. @throws when it does not */
export async function proveDirectReturn(
  running: RunningSite,
  download: () => Promise<number>,
): Promise<string> {
  const before = await sentByDirector(running.site);
  const received = await download();
  const passed = (await sentByDirector(running.site)) - before;
  ensure(received > 100_000, `only ${received} bytes came`);
  ensure(passed < received / 4, `the director sent ${passed} bytes while the client received ${received}`);
  return `the client received ${received} bytes while the director sent ${passed}`;
}

/**
 * Passive FTP with PASV and with EPSV. The director's helper module must follow both to the data connection. In active mode the real
 * server would have to open a connection to the client; it refuses the command instead (exit code 30 of curl).
 */
const ftp = (site: SiteSettings): Claim[] =>
  site.services.flatMap((service) => {
    const entrance = entrancesOf(site, service).find(({ application }) => application === "ftp");
    return entrance ? [ftpOf(site, service, entrance)] : [];
  });

const ftpOf = (site: SiteSettings, service: VirtualServiceSettings, { vip, port }: Entrance): Claim => ({
  id: `ftp:${service.name}`,
  text: `${service.name}: a passive FTP download comes through the VIP, and active mode is refused at once`,
  async prove(running) {
    const url = `ftp://${bracketed(vip)}:${port}/real-server.txt`;
    const fetches = ["--disable-epsv", ""].map((option) => `curl -sS --max-time 30 ${option} '${url}'`);
    const active = `curl -s --max-time 30 --ftp-port - '${url}' || [[ $? == 30 ]] || echo "active mode was not refused at once"`;
    const script = `set -e\n${fetches.join("\n")}\n${active}`;
    const text = site.client
      ? await running.execOk("client", script)
      : (await execHere(["bash", "-c", script])).stdout.trim();
    const files = text.split("\n").map((line) => line.trim());
    const known = files.every((file) => service.destinations.some(({ name }) => file.includes(name)));
    ensure(files.length === 2 && known, `it brought ${text || "nothing"}`);
    return `by PASV from ${files.join(", by EPSV from ")}; PORT is refused`;
  },
});

export const applicationClaims = (site: SiteSettings): Claim[] => [
  ...uploads(site),
  ...addresses(site),
  ...ftp(site),
];
