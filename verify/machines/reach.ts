/** The claim about firewalls: tries every relevant port of every machine from every other machine and from the hypervisor. */
import { networkOf } from "../../settings/assemble/networks";
import { methodOf } from "../../settings/forwarding";
import { portRange } from "../../settings/ports";
import { type MachineSettings, type SiteSettings, machinesOf, vipsOf } from "../../settings/site";
import { sourceOf } from "../../settings/webFiles";
import { type RunningSite, execHere } from "../../running/runningSite";
import { type Claim, eventually, ensure } from "../claim";
import { paired, present } from "../../settings/lists";

/** The port of the metrics on a director with a sorry page. */
const metricsPort = 9112;

type Protocol = "tcp" | "udp" | "sctp";
export type Reached = "open" | "refused" | "silent";

/** A listening socket in the form of ss(8). `*` is any address of either family. */
export interface Listening {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
}

/** One address and port of a machine to try. */
export interface Probe extends Listening {
  readonly machine: MachineSettings;
}

/** The source of probes: a machine, or undefined for the hypervisor, from which the site is managed. */
type ProbeSource = MachineSettings | undefined;

/** Ports to try on every machine, whether something listens or not: discard, ssh, http, rpcbind, NFS, MariaDB, php-fpm, mountd, and IPVS's sync. */
const portsAlwaysProbed: readonly (readonly [Protocol, number])[] = [
  ...[9, 22, 80, 111, 2049, 3306, 9000, 20048].map((port) => ["tcp", port] as const),
  ...[9, 111, 2049, 8848].map((port) => ["udp", port] as const),
];

/**
 * Whether a source may reach a port. This states the rules a second time, by roles and ports. Nothing here comes from the firewall's
 * template, so that a mistake in either is found.
 */
export function mayReach(
  site: SiteSettings,
  from: ProbeSource,
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
        return (
          !from ||
          from.role === "director" ||
          (methodOf(forwarding).directorIsGateway && own.address === address)
        );
      });
    case "sorryServer":
      return services.some(({ forwarding, ports, listeners, sorryAddress }) => {
        const { vipDevice, directorIsGateway } = methodOf(forwarding);
        const asked = vipDevice ? ports.map(portRange) : listeners;
        if (sorryAddress === undefined || !asked.some(covers)) return false;
        return !from || from.role === "director" || (directorIsGateway && sorryAddress === address);
      });
    case "nfs":
      return from?.role === "realServer" && protocol === "tcp" && port === 2049;
    case "mysql":
      if (protocol !== "tcp" || port !== 3306) return false;
      if (from?.role === "nfs") return site.backup !== undefined;
      return from?.role === "realServer" || from?.role === "mysql";
    case "source":
    case "client":
      return false;
  }
}

/** The expected result of a probe. `shut` means not open: a router on the way may refuse it for the machine. */
export type Expected = "open" | "silent" | "shut";

/** The expected result of a probe. Undefined when any result is right. */
export function expectedResult(
  site: SiteSettings,
  from: ProbeSource,
  probe: Probe,
  listening: readonly Listening[],
): Expected | undefined {
  const { protocol, address, port } = probe;
  const { name } = networkOf(site.networks, address);
  const isNear = !from || from.nics.some(({ network }) => network === name);
  if (!mayReach(site, from, probe)) return isNear ? "silent" : "shut";
  const everywhere = address.includes(":") ? ["*", "[::]", `[${address}]`] : ["*", "0.0.0.0", address];
  const answers = listening.some(
    (socket) => socket.protocol === protocol && socket.port === port && everywhere.includes(socket.address),
  );
  return isNear && answers ? "open" : undefined;
}

export const isExpected = (expected: Expected | undefined, reached: Reached): boolean =>
  expected === undefined || (expected === "shut" ? reached !== "open" : reached === expected);

/** Parses the protocol and local address of sockets, as printed by `ss -HltunS` and awk. */
export function listeningIn(text: string): Listening[] {
  return [...text.matchAll(/^(tcp|udp|sctp) (.+):(\d+)$/gm)].map(([, protocol, address = "", port]) => ({
    protocol: protocol as Protocol,
    address: address.replace(/%.*/, ""),
    port: Number(port),
  }));
}

/** The probes from one source: each machine's own addresses, and from the clients' side the VIPs, at ports that are not balanced. */
function probesFrom(
  site: SiteSettings,
  from: ProbeSource,
  ports: readonly (readonly [Protocol, number])[],
): Probe[] {
  const outside = !from || from.role === "client";
  return machinesOf(site)
    .filter((machine) => machine.name !== from?.name)
    .flatMap((machine) => {
      const own = machine.nics.flatMap(({ addresses, address6 }) => [
        addresses[0],
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

/** A bash script that makes the probes, one process each, a hundred at a time. For SCTP it uses socat, because bash has no /dev/sctp; the host's kernel may lack SCTP. */
export const probeScript = (probes: readonly Probe[]): string => `
tcp() { { : <"/dev/tcp/$1/$2"; } 2>&1 && echo "open tcp $1 $2"; }
udp() {
  exec 3<>"/dev/udp/$1/$2" || return
  echo verify >&3
  if read -r -N 1 -u 3 _ 2>/dev/null; then echo "open udp $1 $2"; else echo "/dev/udp/$1/$2: Connection refused"; fi
}
sctp() {
  local said
  said="$(timeout 3 socat -u /dev/null "SCTP4-CONNECT:$1:$2" 2>&1)" && echo "open sctp $1 $2"
  [[ "$said" != *refused* ]] || echo "/dev/sctp/$1/$2: Connection refused"
}
# A small machine has room for so many processes at a time.
count=0
over() {
  sleep 3
  kill $(jobs -pr) 2>/dev/null
  wait
}
while read -r protocol address port; do
  "$protocol" "$address" "$port" &
  ((++count % 100 > 0)) || over
done <<'PROBES'
${probes.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`).join("\n")}
tcp 127.0.0.1 22
PROBES
over
exit 0
`;

/** The result of a probe, from the output of `probeScript`. */
export function reachedIn(output: string, { protocol, address, port }: Probe): Reached {
  if (output.includes(`open ${protocol} ${address} ${port}\n`)) return "open";
  return output.includes(`/dev/${protocol}/${address}/${port}: Connection refused\n`) ? "refused" : "silent";
}

/** A probe with its expected result. */
interface Question {
  readonly probe: Probe;
  readonly expected?: Expected;
}

/** All probes from one source. */
export interface Interview {
  readonly from: ProbeSource;
  readonly questions: readonly Question[];
}

/** The probes from every source to every other machine. `sockets` are the listening sockets by machine name. */
export function interviews(
  site: SiteSettings,
  sockets: ReadonlyMap<string, readonly Listening[]>,
): Interview[] {
  const heard = [...sockets.values()].flat().map(({ protocol, port }) => [protocol, port] as const);
  const known = new Map([...portsAlwaysProbed, ...heard].map((pair) => [pair.join(" "), pair]));
  return [undefined, ...machinesOf(site)].map((from) => ({
    from,
    questions: probesFrom(site, from, [...known.values()]).map((probe) => ({
      probe,
      expected: expectedResult(site, from, probe, sockets.get(probe.machine.name) ?? []),
    })),
  }));
}

/** Timeout in milliseconds, for batches of a hundred processes on a busy machine. */
const longestMs = 150_000;

/** Runs the probes of one source. It also probes its own sshd: without that answer, silence from others would prove nothing. */
async function ask(
  running: RunningSite,
  from: ProbeSource,
  questions: readonly Question[],
): Promise<Reached[]> {
  const script = probeScript(questions.map(({ probe }) => probe));
  const stdout = from
    ? await running.execOk(from.name, script, longestMs)
    : (await execHere(["bash", "-s"], script, longestMs)).stdout;
  const itself: Probe = { machine: running.site.director, protocol: "tcp", address: "127.0.0.1", port: 22 };
  ensure(!from || reachedIn(`${stdout}\n`, itself) === "open", `${from?.name} cannot even ask itself`);
  return questions.map(({ probe }) => reachedIn(`${stdout}\n`, probe));
}

/** A probe with its expected and its real result. */
interface Answer extends Question {
  readonly from: string;
  readonly reached: Reached;
}

async function hold(running: RunningSite, { from, questions }: Interview): Promise<Answer[]> {
  // A busy machine may probe or answer late, so silent ports that should be open are tried again.
  const first = await eventually(100, () => ask(running, from, questions));
  const answers = new Map(paired(questions, first));
  for (let count = 0; count < 3; count += 1) {
    const late = questions.filter((one) => one.expected === "open" && answers.get(one) === "silent");
    if (late.length === 0) break;
    const again = await eventually(100, () => ask(running, from, late));
    for (const [one, reached] of paired(late, again)) answers.set(one, reached);
  }
  return questions.map((one) => ({
    ...one,
    from: from?.name ?? "hypervisor",
    reached: present(answers.get(one), "answer"),
  }));
}

const reach = (site: SiteSettings): Claim => ({
  id: "reach",
  text: "each machine accepts only the ports and clients that its role needs, and drops everything else",
  async prove(running) {
    const listed = machinesOf(site).map(async ({ name }) => {
      const text = await running.execOk(name, "ss -HltunS | awk '{ print $1, $5 }'");
      return [name, listeningIn(text)] as const;
    });
    const all = interviews(site, new Map(await Promise.all(listed)));
    const seen = (await Promise.all(all.map((interview) => hold(running, interview)))).flat();
    const wrong = seen.filter((one) => !isExpected(one.expected, one.reached));
    const told = wrong.map(({ from, reached, probe: { machine, protocol, address, port } }) => {
      return `${from} to ${machine.name}, ${protocol} ${port} at ${address}: ${reached}`;
    });
    ensure(wrong.length === 0, told.slice(0, 20).join("; "));
    const count = (...wanted: (Expected | undefined)[]) =>
      seen.filter((one) => wanted.includes(one.expected)).length;
    ensure(count("open") > 0, "nothing is let in anywhere");
    return `${seen.length} probes: ${count("open")} let in, ${count("silent", "shut")} kept out, ${count(undefined)} either way; ${summary(seen)}`;
  },
});

/** The open ports by source, as text. */
function summary(seen: readonly Answer[]): string {
  const doors = seen
    .filter((one) => one.expected === "open")
    .map(({ from, probe }) => ({ from, door: `${probe.machine.name}:${probe.port}` }));
  return [...new Set(doors.map(({ from }) => from))]
    .map((name) => {
      const own = doors.filter(({ from }) => from === name).map(({ door }) => door);
      return `${name} to ${[...new Set(own)].join(" ")}`;
    })
    .join("; ");
}

export const reachClaims = (site: SiteSettings): Claim[] => (site.firewall ? [reach(site)] : []);
