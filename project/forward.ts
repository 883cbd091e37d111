/** Forwards a loopback port of this host to a VIP inside the private hypervisor's namespaces. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { projectRoot, stateFolder } from "./paths";

const recordFile = (stack: string): string => join(stateFolder, "forward", `${stack}.json`);

interface Record {
  readonly pid: number;
  readonly port: number;
  /** The URL that the port leads to. */
  readonly url: string;
}

/** Resolves with a loopback URL that leads to `url`. The forwarder runs until `endForward`. */
export async function forward(stack: string, url: string): Promise<string> {
  const known = running(stack);
  if (known && known.url !== url) endForward(stack);
  const port = known?.url === url ? known.port : await start(stack, url);
  return url.replace(new URL(url).host, `127.0.0.1:${port}`);
}

async function start(stack: string, url: string): Promise<number> {
  const port = await freePort();
  const target = new URL(url);
  const hypervisor = join(projectRoot, "scripts/host/hypervisor.sh");
  const peer = `${target.hostname}:${target.port || (target.protocol === "https:" ? 443 : 80)}`;
  const inside = `${hypervisor} exec socat STDIO TCP:${peer}`.replaceAll(":", "\\:");
  const listen = `TCP4-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`;
  const { pid } = spawn("socat", [listen, `EXEC:${inside}`], { detached: true, stdio: "ignore" }).on(
    "error",
    () => undefined,
  );
  mkdirSync(join(stateFolder, "forward"), { recursive: true });
  writeFileSync(recordFile(stack), JSON.stringify({ port, pid, url }));
  return port;
}

export function endForward(stack: string): void {
  const record = running(stack);
  if (record) process.kill(record.pid);
  rmSync(recordFile(stack), { force: true });
}

/** The forwarder that runs for `stack`. A pid that now belongs to another program does not count. */
function running(stack: string): Record | undefined {
  if (!existsSync(recordFile(stack))) return undefined;
  const record = JSON.parse(readFileSync(recordFile(stack), "utf8")) as Record;
  const command = `/proc/${record.pid}/cmdline`;
  return existsSync(command) && readFileSync(command, "utf8").includes(`TCP4-LISTEN:${record.port}`)
    ? record
    : undefined;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
