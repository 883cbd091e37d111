/** The kernel lets in by the firewalls what verify's own statement says: each machine of a lab as a network namespace. */
import { readFileSync } from "node:fs";
import { networkOf } from "../../settings/assemble/networks";
import { type MachineSettings, type SiteSettings, machinesOf, vipsOf } from "../../settings/site";
import { firewallRules } from "../../templates/firewall";
import { expectedSockets } from "../../verify/machines/machines";
import {
  type Listening,
  interviews,
  isExpected,
  listeningIn,
  probeScript,
  reachedIn,
} from "../../verify/machines/reach";
import { lab, labNames } from "../unit/labs";
import { Folder, mustAskBeside } from "./daemon";

const folders: Folder[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

/** The bridges, with the hypervisor's addresses; it carries packets between them as it would between open networks. */
const hypervisor = ({ networks }: SiteSettings): string[] => [
  "mount -t tmpfs run /run",
  "ip link set lo up",
  "sysctl -q -w net.ipv4.ip_forward=1",
  ...networks.flatMap(({ bridge, gateway, prefix, gateway6, prefix6 }) => [
    `ip link add ${bridge} type bridge`,
    `ip address add ${gateway}/${prefix} dev ${bridge}`,
    ...(gateway6 ? [`ip address add ${gateway6}/${prefix6} dev ${bridge} nodad`] : []),
    `ip link set ${bridge} up`,
  ]),
];

/** A machine's NICs, the director's with VIPs, and its firewall. */
function machineLines(site: SiteSettings, machine: MachineSettings, folder: Folder): string[] {
  const { name, nics } = machine;
  const gateway = nics.find((nic) => nic.gateway !== undefined && !nic.throughDirector)?.gateway;
  const vips = name === "director" ? vipsOf(site) : [];
  return [
    `ip netns add ${name}`,
    `ip -n ${name} link set lo up`,
    ...nics.flatMap(({ device, network, addresses, prefix, address6, prefix6 }, index) => {
      const outside = `v${machinesOf(site).indexOf(machine)}-${index}`;
      const { bridge } = site.networks.find((known) => known.name === network)!;
      const own = vips.filter(
        (vip) => networkOf(site.networks, vip).name === network && !addresses.includes(vip),
      );
      return [
        `ip link add ${outside} type veth peer name ${device} netns ${name}`,
        `ip link set ${outside} master ${bridge} up`,
        `ip -n ${name} address add ${addresses[0]}/${prefix} dev ${device}`,
        ...(address6 ? [`ip -n ${name} address add ${address6}/${prefix6} dev ${device} nodad`] : []),
        ...own.map((vip) => {
          const [length, options] = vip.includes(":") ? [128, "nodad preferred_lft 0"] : [32, ""];
          return `ip -n ${name} address add ${vip}/${length} dev ${device} ${options}`;
        }),
        `ip -n ${name} link set ${device} up`,
      ];
    }),
    ...(gateway ? [`ip -n ${name} route add default via ${gateway}`] : []),
    `ip netns exec ${name} nft -f ${folder.write(`${name}.nft`, firewallRules(site, machine))}`,
  ];
}

/** Something that takes connections, and answers packets, where a machine's own services would. */
const listener = (name: string, { protocol, address, port }: Listening): string => {
  const version = /[[*]/.test(address) ? "6" : "4";
  const bind = address === "*" ? "ipv6only=0" : `ipv6only=${version === "6" ? 1 : 0},bind=${address}`;
  const options = version === "6" ? bind : `bind=${address}`;
  const [way, does] = protocol === "udp" ? ["RECVFROM", "EXEC:cat"] : ["LISTEN", "EXEC:true"];
  return `ip netns exec ${name} socat ${protocol.toUpperCase()}${version}-${way}:${port},${options},fork,freebind '${does}' &`;
};

/** Wrong answers, and how many were as they should be: let in, and dropped. */
async function tryOut(site: SiteSettings) {
  const folder = new Folder();
  folders.push(folder);
  const machines = machinesOf(site);
  // This kernel may lack SCTP.
  const sockets = new Map(
    machines.map((machine) => [
      machine.name,
      listeningIn(expectedSockets(site, machine).join("\n")).filter(({ protocol }) => protocol !== "sctp"),
    ]),
  );
  const all = interviews(site, sockets);
  const nameOf = (from?: MachineSettings) => from?.name ?? "hypervisor";
  const asking = all.map(({ from, questions }) => {
    const script = folder.write(`${nameOf(from)}.sh`, probeScript(questions.map(({ probe }) => probe)));
    const inside = from ? `ip netns exec ${from.name} ` : "";
    return `${inside}bash ${script} >${folder.path}/${nameOf(from)}.out 2>/dev/null & asking+=($!)`;
  });
  const lines = [
    ...hypervisor(site),
    ...machines.flatMap((machine) => machineLines(site, machine, folder)),
    ...machines.flatMap(({ name }) => sockets.get(name)!.map((socket) => listener(name, socket))),
    "sleep 1",
    "asking=()",
    ...asking,
    'wait "${asking[@]}"',
  ];
  await mustAskBeside("bash", [folder.write("site.sh", ["set -e", ...lines].join("\n"))], { inside: ":" });
  const answers = all.flatMap(({ from, questions }) => {
    const output = readFileSync(`${folder.path}/${nameOf(from)}.out`, "utf8");
    return questions.map(({ probe, expected }) => ({
      from: nameOf(from),
      probe,
      expected,
      reached: reachedIn(output, probe),
    }));
  });
  const wrong = answers
    .filter(({ expected, reached }) => !isExpected(expected, reached))
    .map(({ from, probe: { machine, protocol, address, port }, reached }) => {
      return `${from} to ${machine.name}, ${protocol} ${port} at ${address}: ${reached}`;
    });
  const right = (wanted: string) =>
    answers.filter(({ expected, reached }) => expected === wanted && reached === expected).length;
  return { wrong, letIn: right("open"), dropped: right("silent") };
}

const minutes = 60_000;

// Mostly waiting for what nobody answers.
test.concurrent.each(labNames)(
  "%s: everybody reaches what is served to them, and nothing else",
  async (name) => {
    const { wrong, letIn, dropped } = await tryOut(lab(name));
    expect(wrong).toEqual([]);
    expect(letIn).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(letIn);
  },
  2 * minutes,
);

test("a machine without its firewall is noticed", async () => {
  const site = lab("dr-wordpress");
  const { wrong } = await tryOut({ ...site, firewall: false });
  expect(wrong).toContain("director to mysql, tcp 3306 at 172.16.0.35: open");
  expect(wrong).toContain("nfs to director, tcp 9 at 172.16.0.31: refused");
});
