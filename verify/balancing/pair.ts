/** Claims about a pair of directors: one is active, and the other one knows its connections. */
import {
  type DirectorSettings,
  type SiteSettings,
  bracketed,
  directorsOf,
  vipsOf,
} from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { type Claim, eventually, ensure } from "../claim";
import { type Entrance, entrancesOf, probePath, urlOf, viewpoint } from "../probing/entrances";
import { paired, present } from "../../settings/lists";
import { localEnd } from "../probing/clients";

/** The floating addresses: VIPs, and gateways of real servers. */
const floating = (site: SiteSettings): string[] => [
  ...vipsOf(site),
  ...(site.vrrp?.gateways ?? []).map(({ address }) => address),
];

/** The floating addresses that a director holds. */
async function held(running: RunningSite, { name }: DirectorSettings): Promise<string[]> {
  const shown = await running.execOk(name, "ip -o address show scope global");
  const addresses = [...shown.matchAll(/ inet6? ([^/\s]+)/g)].map(([, address = ""]) => address);
  return floating(running.site).filter((address) => addresses.includes(address));
}

const oneMaster = (site: SiteSettings): Claim => ({
  id: "one-master",
  text: "one director holds every floating address, the other none",
  async prove(running) {
    const directors = directorsOf(running.site);
    const holding = await Promise.all(directors.map((director) => held(running, director)));
    const [active = [], standby = []] = holding;
    const seen = paired(directors, holding)
      .map(([{ name }, addresses]) => `${name} holds ${addresses.join(", ") || "nothing"}`)
      .join("; ");
    ensure(active.length === floating(site).length && standby.length === 0, seen);
    return seen;
  },
});

const syncDaemons: Claim = {
  id: "sync-daemons",
  text: "each director sends its connections to the other one and receives those of the other one",
  async prove(running) {
    const seen = await Promise.all(
      directorsOf(running.site).map(async ({ name }) => {
        const lines = (await running.execOk(name, "ipvsadm -Ln --daemon")).split("\n");
        const roles = ["master", "backup"].filter((role) => lines.some((line) => line.startsWith(role)));
        ensure(roles.length === 2, `${name} runs ${roles.join(" and ") || "no"} sync daemon`);
        return `${name}: ${lines.join(", ")}`;
      }),
    );
    return seen.join("; ");
  },
};

const isHttp = ({ application }: Entrance): boolean => application === "http";

/** A connection through the active director is soon in the other one's table too. */
const sync = (site: SiteSettings): Claim[] =>
  site.services
    .filter((service) => viewpoint(site, service) === "hypervisor")
    .flatMap((service) => entrancesOf(site, service).find(isHttp) ?? [])
    .slice(0, 1)
    .map((entrance) => ({
      id: "sync",
      text: "the standby director knows a connection that goes through the active one",
      async prove(running) {
        const { socket, headers } = await running.open(probePath(running.site), { base: urlOf(entrance) });
        const { address, port } = localEnd(socket);
        const endpoint = `${bracketed(address)}:${port}`;
        const standby = present(running.site.secondDirector, "second director").name;
        try {
          return await eventually(60, async () => {
            const entries = (await running.execOk(standby, "ipvsadm -Lnc")).split("\n");
            const entry = entries.find((line) => line.includes(` ${endpoint} `));
            ensure(
              entry !== undefined,
              `${standby} does not know ${endpoint} at ${String(headers["x-real-server"])}`,
            );
            return `${standby}: ${entry.trim().replace(/\s+/g, " ")}`;
          });
        } finally {
          socket.destroy();
        }
      },
    }));

export const pairClaims = (site: SiteSettings): Claim[] =>
  site.secondDirector ? [oneMaster(site), syncDaemons, ...sync(site)] : [];
