/** Connections from the hypervisor's side, and calls from the hypervisor or the client machine. */
import { createSocket } from "node:dgram";
import { once as happens } from "node:events";
import { type Socket, connect as connectTo } from "node:net";
import { methodOf } from "../../settings/forwarding";
import { type SiteSettings, type VirtualServiceSettings, bracketed } from "../../settings/site";
import { type RunningSite, execHere } from "../../running/runningSite";
import { ensure } from "../claim";
import { sendFromClient } from "./clientMachine";
import {
  type Call,
  type Endpoint,
  type Entrance,
  type Reply,
  isFromClient,
  probePath,
  urlOf,
} from "./entrances";
import { type NonEmpty, inTurn, paired, present } from "../../settings/lists";
import { beforeFirst } from "../../settings/text";

export interface Connection extends Reply {
  end(): void;
}

/** Whether connections should end by FIN: IPVS sees only the client's FIN, and its timeout is short. After a reset the entry stays for ten seconds. */
export const endsByFin = ({ director }: SiteSettings, { forwarding }: VirtualServiceSettings): boolean =>
  methodOf(forwarding).vipDevice !== undefined && director.timeouts.tcpFinSeconds < 10;

/** Opens a connection from the hypervisor's side. Resolves with the real server that answers. */
export function connect(running: RunningSite, entrance: Entrance): Promise<Connection> {
  switch (entrance.application) {
    case "http":
    case "https":
      return web(running, entrance);
    case "ssh":
      return secureShell(running, entrance);
    case "echo":
      return entrance.service.protocol === "udp" ? datagram(entrance) : echo(running, entrance);
    case "ftp":
      throw new Error("FTP does not tell who answers");
  }
}

/** How to end a connection. A TLS socket cannot be reset. */
function ender(running: RunningSite, { service, application }: Entrance, socket: Socket): () => void {
  if (application === "https") return () => socket.destroy();
  return endsByFin(running.site, service) ? () => socket.end() : () => socket.resetAndDestroy();
}

/** This side's end of a connection that is open. */
export const localEnd = ({ localAddress, localPort }: Socket): Endpoint => ({
  address: present(localAddress, "local address of a closed connection"),
  port: present(localPort, "local port of a closed connection"),
});

async function web(running: RunningSite, entrance: Entrance): Promise<Connection> {
  const asking = { base: urlOf(entrance), timeoutMs: 20_000 };
  const { socket, status, headers } = await running.open(probePath(running.site), asking);
  const client = localEnd(socket);
  const server = headers["x-real-server"];
  ensure(status < 400 && typeof server === "string", `${urlOf(entrance)} was answered ${status}`);
  return { server, client, end: ender(running, entrance, socket) };
}

async function echo(running: RunningSite, entrance: Entrance): Promise<Connection> {
  const socket = connectTo(entrance.port, entrance.vip);
  socket.setTimeout(20_000, () => socket.destroy(new Error(`${urlOf(entrance)}: no answer in time`)));
  socket.write("verify\n");
  const [data] = (await happens(socket, "data")) as [Buffer];
  socket.on("error", () => undefined); // Errors at the end of the connection do not matter.
  return { server: speaker(data), client: localEnd(socket), end: ender(running, entrance, socket) };
}

/** Connects to a server that speaks first, such as sshd and vsftpd. It does not say which real server it is. */
export async function readGreeting({ vip, port }: Entrance): Promise<{ client: Endpoint; banner: string }> {
  const socket = connectTo(port, vip);
  socket.setTimeout(20_000, () => socket.destroy(new Error(`${vip}:${port}: no greeting in time`)));
  const [data] = (await happens(socket, "data")) as [Buffer];
  const client = localEnd(socket);
  socket.on("error", () => undefined);
  socket.resetAndDestroy();
  return { client, banner: data.toString().trim() };
}

/** Parses an answer such as `rs1 verify`: the real server's name, and the text that was sent. */
const speaker = (data: Buffer | string): string => beforeFirst(data.toString(), " ");

async function datagram(entrance: Entrance): Promise<Connection> {
  const talk = await conversation(entrance);
  return { server: await talk.say(), client: talk.client, end: talk.end };
}

/** A UDP socket. Each packet gets its own answer. */
export async function conversation({ service, vip, port }: Entrance) {
  const socket = createSocket(service.family === 6 ? "udp6" : "udp4");
  socket.connect(port, vip);
  await happens(socket, "connect");
  const say = async (): Promise<string> => {
    const late = AbortSignal.timeout(10_000);
    const answered = happens(socket, "message", { signal: late });
    socket.send("verify\n");
    const [data] = (await answered.catch(() => {
      throw new Error(`${bracketed(vip)}:${port} over UDP: no answer in time`);
    })) as [Buffer];
    return speaker(data);
  };
  return { client: socket.address(), say, end: () => socket.close() };
}

/** Finds the real server by its ssh host key. */
async function secureShell(running: RunningSite, { vip, port }: Entrance): Promise<Connection> {
  const { stdout, stderr } = await execHere([
    ...(["ssh-keyscan", "-T", "20", "-t", "ed25519"] as const),
    ...["-p", String(port), vip],
  ]);
  const key = stdout.trim().split(" ")[2];
  const known = Object.entries(running.outputs.hostKeys).find(
    ([, text]) => text.trim().split(" ")[1] === key,
  );
  ensure(known !== undefined, `${vip}:${port} showed ${stdout.trim() || stderr.trim() || "no host key"}`);
  return { server: known[0], client: { address: "", port: 0 }, end: () => undefined };
}

/** Makes the calls one after another, those from the client machine in one script. Resolves with the replies in order. */
export async function sendAll(running: RunningSite, calls: readonly Call[]): Promise<Reply[]> {
  const remote = calls.filter(isFromClient);
  const answers = new Map<Call, Reply>(
    paired(remote, remote.length > 0 ? await sendFromClient(running, remote) : []),
  );
  const replies: Reply[] = [];
  for (const call of calls) {
    const answer = answers.get(call);
    if (answer) replies.push(answer);
    else {
      const { server, client, end } = await connect(running, call.entrance);
      end();
      replies.push({ server, client });
    }
  }
  return replies;
}

/** Opens `count` connections one after another, and ends them after `meanwhile` has resolved. */
export async function withConnections<T>(
  running: RunningSite,
  entrances: NonEmpty<Entrance>,
  count: number,
  meanwhile: (servers: readonly string[]) => Promise<T>,
): Promise<T> {
  const connections: Connection[] = [];
  try {
    for (let step = 0; step < count; step += 1)
      connections.push(await connect(running, inTurn(entrances, step)));
    return await meanwhile(connections.map(({ server }) => server));
  } finally {
    for (const connection of connections) connection.end();
  }
}
