/** Every port that matters of every machine, asked from every other and from the hypervisor: who gets in, and who must not. */
import { portRange } from "../settings/ports";
import { type MachineSettings, type SiteSettings, machinesOf, vipsOf } from "../settings/site";
import { sourceOf } from "../settings/webFiles";
import { type Lab, finished } from "../tools/lab";
import { type Check, expect } from "./check";

/** Where a director with a page of its own tells what it has measured. */
const metricsPort = 9112;

type Protocol = "tcp" | "udp" | "sctp";
export type Reached = "open" | "refused" | "silent";

/** A socket as ss(8) tells it; `*` is any address of either family. */
export interface Listening {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
}

/** One question: does `machine` answer at this address and port? */
export interface Probe extends Listening {
  readonly machine: MachineSettings;
}

/** Who asks: a machine, or nobody for the hypervisor, which is where the site is managed from. */
type Asker = MachineSettings | undefined;

/** Asked of every machine whether anything listens there or not: discard, rpcbind, NFS, mountd, MariaDB, php-fpm, and LVS's own. */
const always: readonly (readonly [Protocol, number])[] = [
  ...[9, 22, 80, 111, 2049, 3306, 9000, 20048].map((port) => ["tcp", port] as const),
  ...[9, 111, 2049, 8848].map((port) => ["udp", port] as const),
];

/**
 * Who may reach what, said by roles and ports once more: nothing here is taken from the firewall's own template, so that
 * the two can disagree.
 */
export function mayReach(
  site: SiteSettings,
  from: Asker,
  { machine, protocol, address, port }: Probe,
): boolean {
  if (!from && protocol === "tcp" && port === 22) return true;
  const covers = ({ from: first, to }: { from: number; to: number }) => first <= port && port <= to;
  const services = site.services.filter((service) => service.protocol === protocol);
  switch (machine.role) {
    case "director":
      if (!from && protocol === "tcp" && port === metricsPort) return site.sorry?.machine === undefined;
      return services.some(
        ({ vips, ports }) => vips.includes(address) && ports.some((text) => covers(portRange(text))),
      );
    case "realServer":
      if (from && from === sourceOf(site) && protocol === "tcp" && port === 22) return true;
      return services.some(({ forwarding, listeners, destinations }) => {
        const own = destinations.find(({ name }) => name === machine.name);
        if (!own || !listeners.some(covers)) return false;
        return !from || from.role === "director" || (forwarding === "nat" && own.address === address);
      });
    case "sorryServer":
      return services.some(({ forwarding, ports, sorryAddress }) => {
        if (sorryAddress === undefined || !ports.some((text) => covers(portRange(text)))) return false;
        return !from || from.role === "director" || (forwarding === "nat" && sorryAddress === address);
      });
    case "nfs":
      return from?.role === "realServer" && protocol === "tcp" && port === 2049;
    case "mysql":
      if (from?.role === "nfs" && site.backup === undefined) return false;
      return (from?.role === "realServer" || from?.role === "nfs") && protocol === "tcp" && port === 3306;
    case "source":
    case "client":
      return false;
  }
}

/** What must come of a probe; nothing where both would do. */
export function owed(
  site: SiteSettings,
  from: Asker,
  probe: Probe,
  listening: readonly Listening[],
): Reached | undefined {
  if (!mayReach(site, from, probe)) return "silent";
  const { machine, protocol, address, port } = probe;
  const nic = machine.nics.find((own) => [...own.addresses, own.address6].includes(address));
  const isNear = !from || from.nics.some(({ network }) => network === nic?.network);
  const everywhere = address.includes(":") ? ["*", "[::]", `[${address}]`] : ["*", "0.0.0.0", address];
  const answers = listening.some(
    (socket) => socket.protocol === protocol && socket.port === port && everywhere.includes(socket.address),
  );
  return nic && isNear && answers ? "open" : undefined;
}

/** Sockets in what `ss -HltunS` prints, as protocol and local address. */
export function listeningIn(text: string): Listening[] {
  return [...text.matchAll(/^(tcp|udp|sctp) (.+):(\d+)$/gm)].map(([, protocol, address, port]) => ({
    protocol: protocol as Protocol,
    address: address!.replace(/%.*/, ""),
    port: Number(port),
  }));
}

/** The addresses at which a machine is asked: its own and, from the clients' side, the VIPs, for what these do not balance. */
function probesFrom(
  site: SiteSettings,
  from: Asker,
  ports: readonly (readonly [Protocol, number])[],
): Probe[] {
  const outside = !from || from.role === "client";
  return machinesOf(site)
    .filter((machine) => machine.name !== from?.name)
    .flatMap((machine) => {
      const own = machine.nics.flatMap(({ addresses, address6 }) => [
        addresses[0]!,
        ...(address6 ? [address6] : []),
      ]);
      const vips =
        machine.role === "director" && outside ? vipsOf(site).filter((vip) => !own.includes(vip)) : [];
      const ask = (address: string) =>
        ports.map(([protocol, port]) => ({ machine, protocol, address, port }));
      return [...own.flatMap(ask), ...vips.flatMap(ask).filter((probe) => !mayReach(site, from, probe))];
    })
    .filter(({ protocol }) => from !== undefined || protocol !== "sctp");
}

/** A host's kernel may lack SCTP, and bash knows no such path: on a machine socat asks. One process a probe, all at once. */
export const probeScript = (probes: readonly Probe[]): string => `
tcp() { { : <"/dev/tcp/$1/$2"; } 2>&1 && echo "open tcp $1 $2"; }
udp() {
  exec 3<>"/dev/udp/$1/$2"
  echo verify >&3
  if read -r -u 3 _ 2>/dev/null; then echo "open udp $1 $2"; else echo "/dev/udp/$1/$2: Connection refused"; fi
}
sctp() {
  local said
  said="$(timeout 3 socat -u /dev/null "SCTP4-CONNECT:$1:$2" 2>&1)" && echo "open sctp $1 $2"
  [[ "$said" != *refused* ]] || echo "/dev/sctp/$1/$2: Connection refused"
}
while read -r protocol address port; do "$protocol" "$address" "$port" & done <<'PROBES'
${probes.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`).join("\n")}
tcp 127.0.0.1 22
PROBES
sleep 3
kill $(jobs -pr)
wait
exit 0
`;

/** What a probe came to, in what `probeScript` printed. */
export function reachedIn(output: string, { protocol, address, port }: Probe): Reached {
  if (output.includes(`open ${protocol} ${address} ${port}\n`)) return "open";
  return output.includes(`/dev/${protocol}/${address}/${port}: Connection refused\n`) ? "refused" : "silent";
}

/** Each asks itself too, where sshd answers: whoever hears nothing of others must have been able to ask. */
async function ask(lab: Lab, from: Asker, probes: readonly Probe[]): Promise<Reached[]> {
  const script = probeScript(probes);
  const stdout = from ? await lab.tell(from.name, script) : (await finished(["bash", "-s"], script)).stdout;
  const itself: Probe = { machine: lab.site.director, protocol: "tcp", address: "127.0.0.1", port: 22 };
  expect(!from || reachedIn(`${stdout}\n`, itself) === "open", `${from?.name} cannot even ask itself`);
  return probes.map((probe) => reachedIn(`${stdout}\n`, probe));
}

const reach = (site: SiteSettings): Check => ({
  id: "reach",
  claim: "each machine lets in whom it serves where it serves them, and drops everybody else everywhere else",
  deadlineSeconds: 60,
  async prove(lab) {
    const machines = machinesOf(site);
    const sockets = await Promise.all(
      machines.map(({ name }) => lab.tell(name, "ss -HltunS | awk '{ print $1, $5 }'").then(listeningIn)),
    );
    const keys = new Set([
      ...always.map((pair) => pair.join(" ")),
      ...sockets.flat().map(({ protocol, port }) => `${protocol} ${port}`),
    ]);
    const ports = [...keys].map((key) => [key.split(" ")[0] as Protocol, Number(key.split(" ")[1])] as const);
    const seen = await Promise.all(
      [undefined, ...machines].map(async (from) => {
        const judged = probesFrom(site, from, ports).map((probe) => ({
          probe,
          from: from?.name ?? "hypervisor",
          owed: owed(site, from, probe, sockets[machines.indexOf(probe.machine)]!),
        }));
        const asking = (these: typeof judged) =>
          ask(
            lab,
            from,
            these.map(({ probe }) => probe),
          );
        const answers = await asking(judged);
        // A busy machine may answer late: it is asked once more for what it owes.
        const late = judged.filter((one, index) => one.owed === "open" && answers[index] === "silent");
        const second = late.length > 0 ? await asking(late) : [];
        return judged.map((one, index) => ({
          ...one,
          reached: second[late.indexOf(one)] ?? answers[index]!,
        }));
      }),
    ).then((all) => all.flat());
    const at = ({ from, probe: { machine, protocol, address, port }, reached }: (typeof seen)[number]) =>
      `${from} to ${machine.name}, ${protocol} ${port} at ${address}: ${reached}`;
    const wrong = seen.filter((one) => one.owed && one.reached !== one.owed);
    expect(wrong.length === 0, wrong.slice(0, 20).map(at).join("; "));
    const count = (wanted: Reached) => seen.filter((one) => one.owed === wanted).length;
    expect(count("open") > 0, "nothing is let in anywhere");
    return `${seen.length} probes of ${ports.length} ports: ${count("open")} let in, ${count("silent")} dropped, ${seen.length - count("open") - count("silent")} either way; ${summary(seen)}`;
  },
});

/** Who was let in where, each asker once. */
function summary(seen: readonly { from: string; probe: Probe; owed?: Reached }[]): string {
  const doors = seen
    .filter((one) => one.owed === "open")
    .map(({ from, probe }) => ({ from, door: `${probe.machine.name}:${probe.port}` }));
  return [...new Set(doors.map(({ from }) => from))]
    .map((name) => {
      const own = doors.filter(({ from }) => from === name).map(({ door }) => door);
      return `${name} to ${[...new Set(own)].join(" ")}`;
    })
    .join("; ");
}

export const reachChecks = (site: SiteSettings): Check[] => (site.firewall ? [reach(site)] : []);
