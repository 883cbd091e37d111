/** What goes over a service: whole uploads, downloads past the director, FTP's second connection, an order in the shop. */
import { networkOf } from "../../settings/assemble/networks";
import { methodOf } from "../../settings/forwarding";
import { type SiteSettings, type VirtualServiceSettings, bracketed } from "../../settings/site";
import { type Lab, finished } from "../../running/runningSite";
import { devicesByMac, tapMac } from "../wire/capture";
import { type Check, expect } from "../claim";
import { type Entrance, entrancesOf, sourcesSeen, urlOf, viewpoint } from "../probing/entrances";

interface WebService {
  readonly service: VirtualServiceSettings;
  readonly entrance: Entrance;
}

/**
 * Services with the sample pages of static sites and shops, one for each forwarding method, family and network; by https
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

/** curl(1) on the client machine, or a request from here, wherever the service is best seen from; gives the body. */
async function fetchText(
  lab: Lab,
  { service, entrance }: WebService,
  path: string,
  upload = 0,
): Promise<string> {
  if (viewpoint(lab.site, service) === "client") {
    const options = upload > 0 ? "-H 'Content-Type: application/octet-stream' --data-binary @-" : "";
    const input = `head -c ${upload} /dev/zero | curl -ksS --max-time 60 ${options}`;
    return lab.tell("client", `${input} '${urlOf(entrance)}${path}'`);
  }
  const posting = upload > 0 && { method: "POST", body: Buffer.alloc(upload) };
  const { status, body } = await lab.get(`/${path}`, { base: urlOf(entrance), ...posting });
  expect(status === 200, `${urlOf(entrance)}${path} was answered ${status}`);
  return body.toString().trim();
}

const mebibyte = 1_048_576;

const uploads = (site: SiteSettings): Check[] =>
  sampled(site).map((web) => ({
    id: `upload:${web.service.name}`,
    claim: `${web.service.name}: 1 MiB posted to the VIP arrives whole (${web.service.forwarding})`,
    async prove(lab) {
      const read = await fetchText(lab, web, "post", mebibyte);
      expect(read === String(mebibyte), `the real server read ${read} bytes`);
      return `${read} bytes read`;
    },
  }));

const addresses = (site: SiteSettings): Check[] =>
  sampled(site).map((web) => {
    const { sourceNat } = methodOf(web.service.forwarding);
    return {
      id: `client-address:${web.service.name}`,
      claim: `${web.service.name}: real servers see ${sourceNat ? "the director's address" : "the client's own address"}`,
      async prove(lab) {
        const text = await fetchText(lab, web, "whoami");
        const [, server, client] = /real-server=(\S+) client=(\S+)/.exec(text) ?? [];
        const own = sourcesSeen(site, web.service);
        expect(own.includes(client!), `${server} saw ${client}, and not ${own.join(" or ")}`);
        return `${server} saw ${client}`;
      },
    };
  });

/** Bytes that the director has sent, as the hypervisor's ends of its NICs count them. */
async function sentByDirector({ director }: SiteSettings): Promise<number> {
  const devices = await devicesByMac();
  const { stdout } = await finished(["ip", "-j", "-s", "link"]);
  const links = JSON.parse(stdout) as { ifname: string; stats64: { rx: { bytes: number } } }[];
  const taps = director.nics.map(({ mac }) => devices.get(tapMac(mac)));
  return links
    .filter(({ ifname }) => taps.includes(ifname))
    .reduce((sum, { stats64 }) => sum + stats64.rx.bytes, 0);
}

/** Where real servers answer clients themselves. They count the director's bytes: nothing else may go through it. */
export const directReturnChecks = (site: SiteSettings): Check[] =>
  sampled(site)
    .filter(({ service }) => methodOf(service.forwarding).vipDevice !== undefined)
    .map(directReturnOf);

const directReturnOf = (web: WebService): Check => ({
  id: `direct-return:${web.service.name}`,
  claim: `${web.service.name}: what a client downloads bypasses the director`,
  prove: (lab) =>
    proveDirectReturn(lab, async () => {
      if (viewpoint(lab.site, web.service) === "hypervisor")
        return (await lab.get("/big", { base: urlOf(web.entrance) })).body.length;
      const download = `curl -ksS -o /dev/null -w '%{size_download}' '${urlOf(web.entrance)}big'`;
      return Number(await lab.tell("client", download));
    }),
});

/** @throws unless the director sent much less than `download` brought */
export async function proveDirectReturn(lab: Lab, download: () => Promise<number>): Promise<string> {
  const before = await sentByDirector(lab.site);
  const received = await download();
  const passed = (await sentByDirector(lab.site)) - before;
  expect(received > 100_000, `only ${received} bytes came`);
  expect(passed < received / 4, `the director sent ${passed} bytes while the client received ${received}`);
  return `the client received ${received} bytes while the director sent ${passed}`;
}

/** Passive FTP, asked for by PASV and by EPSV: the director's helper follows both to the second connection. */
const ftp = (site: SiteSettings): Check[] =>
  site.services.flatMap((service) => {
    const entrance = entrancesOf(site, service).find(({ application }) => application === "ftp");
    return entrance ? [ftpOf(site, service, entrance)] : [];
  });

const ftpOf = (site: SiteSettings, service: VirtualServiceSettings, { vip, port }: Entrance): Check => ({
  id: `ftp:${service.name}`,
  claim: `${service.name}: a passive FTP download comes through the VIP`,
  async prove(lab) {
    const url = `ftp://${bracketed(vip)}:${port}/real-server.txt`;
    const fetches = ["--disable-epsv", ""].map((option) => `curl -sS --max-time 30 ${option} '${url}'`);
    const script = `set -e\n${fetches.join("\n")}`;
    const text = site.client
      ? await lab.tell("client", script)
      : (await finished(["bash", "-c", script])).stdout.trim();
    const files = text.split("\n").map((line) => line.trim());
    const known = files.every((file) => service.destinations.some(({ name }) => file.includes(name)));
    expect(files.length === 2 && known, `it brought ${text || "nothing"}`);
    return `by PASV from ${files[0]!}, by EPSV from ${files[1]!}`;
  },
});

export const applicationChecks = (site: SiteSettings): Check[] => [
  ...uploads(site),
  ...addresses(site),
  ...ftp(site),
];
