/** Calls from the client machine's addresses. All calls are one script on its standard input, because each ssh command takes seconds. */
import { bracketed, isWeb } from "../../settings/site";
import type { RunningSite } from "../../running/runningSite";
import { ensure } from "../claim";
import { type ClientCall, type Reply, probePath, urlOf } from "./entrances";

/** Makes the calls. One curl makes those to web servers in order; the others run at the same time. */
export async function sendFromClient(running: RunningSite, calls: readonly ClientCall[]): Promise<Reply[]> {
  const path = probePath(running.site).slice(1);
  return repliesIn(await running.execOk("client", clientScript(calls, path), 120_000), calls);
}

/** A script that prints one line per call: number, HTTP status, client address and port, name of the real server. */
export function clientScript(calls: readonly ClientCall[], path: string): string {
  const numbered = calls.map((call, number) => ({ call, number }));
  const web = numbered.filter(({ call }) => isWeb(call.entrance.application));
  const others = numbered.filter(({ call }) => !isWeb(call.entrance.application));
  return [
    ...(web.length === 0
      ? []
      : [
          "curl -K - <<'CALLS' || true",
          web.map(({ call, number }) => curlConfig(call, number, path)).join("\nnext\n"),
          "CALLS",
        ]),
    ...others.map(({ call, number }) => `${echoCommand(call, number)} &`),
    "wait",
  ].join("\n");
}

/** A configuration for curl(1). Each request closes its connection, so each call has its own. */
function curlConfig({ entrance, from, sourcePort }: ClientCall, number: number, path: string): string {
  return [
    `url = "${urlOf(entrance)}${path}"`,
    'output = "/dev/null"',
    `write-out = "${number} %{http_code} %{local_ip} %{local_port} %header{x-real-server}\\n"`,
    `interface = "${from}"`,
    ...(sourcePort === undefined ? [] : [`local-port = ${sourcePort}`]),
    'header = "Connection: close"',
    "http1.1",
    "insecure",
    "silent",
    "max-time = 20",
  ].join("\n");
}

/** The command for a call to an echo server. The pause keeps the connection open until the answer is there. */
function echoCommand({ entrance, from, sourcePort }: ClientCall, number: number): string {
  const { service, vip, port } = entrance;
  const to = `${service.protocol.toUpperCase()}${service.family}:${bracketed(vip)}:${port}`;
  const bind = `bind=${bracketed(from)}${sourcePort === undefined ? "" : `:${sourcePort}`}`;
  const said = `{ echo verify; sleep 12; } | timeout 25 socat -t 0.5 - ${to},${bind}`;
  return `echo "${number} 200 ${from} ${sourcePort ?? 0} $(${said} | cut -d' ' -f1)"`;
}

/** Parses the replies. @throws when a call was not answered */
export function repliesIn(output: string, calls: readonly ClientCall[]): Reply[] {
  const lines = output.split("\n").map((line) => line.trim().split(/\s+/));
  return calls.map(({ entrance, from }, number) => {
    const [, status, address = "", port, server] = lines.find(([first]) => first === String(number)) ?? [];
    const seen = `${urlOf(entrance)} from ${from} was answered ${status ?? "nothing"}`;
    ensure(server !== undefined && Number(status) >= 200 && Number(status) < 400, seen);
    return { server, client: { address, port: Number(port) } };
  });
}
