/** Two directors: one of them is at work, and the other knows what it would have to. */
import { type DirectorSettings, type SiteSettings, bracketed, directorsOf, vipsOf } from "../../settings/site";
import type { Lab } from "../../running/runningSite";
import { type Check, eventually, expect } from "../claim";
import { type Entrance, entrancesOf, probePath, urlOf, viewpoint } from "../probing/entrances";

/** What goes from director to director: VIPs, and gateways of real servers. */
const floating = (site: SiteSettings): string[] => [
  ...vipsOf(site),
  ...site.vrrp!.gateways.map(({ address }) => address),
];

/** The floating addresses that a director holds. */
async function held(lab: Lab, { name }: DirectorSettings): Promise<string[]> {
  const shown = await lab.tell(name, "ip -o address show scope global");
  const addresses = [...shown.matchAll(/ inet6? ([^/\s]+)/g)].map((match) => match[1]!);
  return floating(lab.site).filter((address) => addresses.includes(address));
}

const oneMaster = (site: SiteSettings): Check => ({
  id: "one-master",
  claim: "one director holds every floating address, the other none",
  async prove(lab) {
    const [active = [], standby = []] = await Promise.all(
      directorsOf(lab.site).map((director) => held(lab, director)),
    );
    const [one, other] = directorsOf(lab.site);
    const seen = `${one!.name} holds ${active.join(", ") || "nothing"}; ${other!.name} holds ${standby.join(", ") || "nothing"}`;
    expect(active.length === floating(site).length && standby.length === 0, seen);
    return seen;
  },
});

const syncDaemons: Check = {
  id: "sync-daemons",
  claim: "both directors send their connections to the other, and take its own",
  async prove(lab) {
    const seen = await Promise.all(
      directorsOf(lab.site).map(async ({ name }) => {
        const lines = (await lab.tell(name, "ipvsadm -Ln --daemon")).split("\n");
        const roles = ["master", "backup"].filter((role) => lines.some((line) => line.startsWith(role)));
        expect(roles.length === 2, `${name} runs ${roles.join(" and ") || "no"} sync daemon`);
        return `${name}: ${lines.join(", ")}`;
      }),
    );
    return seen.join("; ");
  },
};

const isHttp = ({ application }: Entrance): boolean => application === "http";

/** A connection that the active director forwards is soon in the other one's table too. */
const sync = (site: SiteSettings): Check[] =>
  site.services
    .filter((service) => viewpoint(site, service) === "hypervisor")
    .flatMap((service) => entrancesOf(site, service).find(isHttp) ?? [])
    .slice(0, 1)
    .map((entrance) => ({
      id: "sync",
      claim: "the standby director knows a connection that goes through the active one",
      async prove(lab) {
        const { socket, headers } = await lab.open(probePath(lab.site), { base: urlOf(entrance) });
        const endpoint = `${bracketed(socket.localAddress!)}:${socket.localPort!}`;
        const standby = lab.site.secondDirector!.name;
        try {
          return await eventually(60, async () => {
            const entries = (await lab.tell(standby, "ipvsadm -Lnc")).split("\n");
            const entry = entries.find((line) => line.includes(` ${endpoint} `));
            expect(
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

export const pairChecks = (site: SiteSettings): Check[] =>
  site.secondDirector ? [oneMaster(site), syncDaemons, ...sync(site)] : [];
