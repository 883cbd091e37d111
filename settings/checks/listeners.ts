/** Checks the applications that real servers run for the services, and their ports. */
import { portRange, shareAPort } from "../ports";
import type { Problem } from "../problems";
import type { ListenerSettings, SiteSettings } from "../site";
import type { Context, Finding } from "./findings";

/** nginx uses a connection slot for each port on which it listens, two with IPv6. */
const mostHttpPorts = 400;

/** Checks that the application works with the service's protocol, ports and forwarding method. */
export function applications({ service, said }: Context): Finding[] {
  if (service.port === 0) return [];
  return service.listeners.flatMap(({ application, from, to }): Finding[] => {
    if (service.protocol !== "tcp" && application !== "echo")
      return [["application", `"${application}" runs over tcp; write "echo", or "tcp" as protocol`]];
    if (application === "ssh" && (from !== 22 || to !== 22))
      return [
        [
          "application",
          `sshd listens only on port 22, not on ${from}; write 22 (with nat and fullnat, as realServerPort)`,
        ],
      ];
    if (application === "echo" && to - from > 15)
      return [["ports", `${from}-${to} is too many ports for echo; write at most 16`]];
    if (to - from >= mostHttpPorts)
      return [
        ["ports", `${from}-${to} is too many for nginx; write a range of ${mostHttpPorts} ports at most`],
      ];
    return application === "ftp" ? ftp(service, said) : [];
  });
}

function ftp({ forwarding, port, fwmark }: Context["service"], said: Context["said"]): Finding[] {
  if (fwmark !== undefined)
    return [
      [
        said.ports ? "ports" : "vips",
        "make it a service by firewall mark, and the ftp helper of IPVS follows only plain services; write port 21 and one vip",
      ],
    ];
  if (forwarding !== "nat")
    return [
      [
        "application",
        `ftp opens connections on other ports, and only nat follows them, with the ftp helper of IPVS; write "nat", or port 0 with persistence`,
      ],
    ];
  return port === 21 ? [] : [["port", `${port} is not followed by the ftp helper of IPVS; write 21`]];
}

/** A VIP that is the director's own address leaves port 22 to the director's sshd, which is needed to manage it. */
export function ownSshd({ site, service, said }: Context): Finding[] {
  const own = service.vips.find((vip) => site.director.nics.some(({ addresses }) => addresses.includes(vip)));
  const ssh = { from: 22, to: 22 };
  if (
    own === undefined ||
    service.protocol !== "tcp" ||
    !service.ports.some((text) => shareAPort(portRange(text), ssh))
  )
    return [];
  return [
    [
      said.ports ? "ports" : "port",
      `22 at ${own} is the director's own sshd; write another port, or a VIP of its own`,
    ],
  ];
}

/** Refuses ports that a real server itself needs, and ports that two services use for different applications. */
export function listenerProblems(contexts: readonly Context[]): Problem[] {
  return contexts.flatMap((context, index) =>
    context.service.listeners.flatMap((listener, order) => {
      const message = clash(listener, context, contexts.slice(0, index));
      return message === undefined ? [] : [{ path: `services[${index}].${keyOf(context, order)}`, message }];
    }),
  );
}

/** The key in the stack file that sets the port of a listener. */
function keyOf({ said }: Context, listener: number): string {
  if (said.realServerPort !== undefined) return "realServerPort";
  return said.ports ? `ports[${listener}]` : "port";
}

function clash(
  listener: ListenerSettings,
  { site, service }: Context,
  earlier: readonly Context[],
): string | undefined {
  const differs = (known: ListenerSettings | Owner) =>
    known.application !== listener.application && shareAPort(known, listener);
  const owner = service.protocol === "tcp" ? portOwners(site).find(differs) : undefined;
  if (owner) {
    const way = owner.from === 9000 ? ', or "unix" as php.listener' : "";
    return `${owner.from} is ${owner.whose} on every real server; write another${way}`;
  }
  for (const [index, { service: other }] of earlier.entries()) {
    const known = other.protocol === service.protocol && other.listeners.find(differs);
    if (known)
      return `${Math.max(known.from, listener.from)} speaks ${known.application} for services[${index}]; write another`;
  }
  return undefined;
}

interface Owner {
  readonly from: number;
  readonly to: number;
  readonly application: string;
  readonly whose: string;
}

function portOwners({ content, php }: SiteSettings): Owner[] {
  const owner = (port: number, application: string, whose: string) => ({
    from: port,
    to: port,
    application,
    whose,
  });
  return [
    owner(22, "ssh", "sshd's"),
    ...(content !== "static" && php.listener === "tcp" ? [owner(9000, "php-fpm", "php-fpm's")] : []),
    ...(content === "shop" ? [owner(3306, "mariadb", "MariaDB's")] : []),
  ];
}
