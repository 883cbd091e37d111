/**
 * usage: writer.ts STACK. Uploads pictures to a site until standard input ends, through all real servers, and deletes
 * every third one. Prints the path of each picture that stays.
 */
import { outputsOf } from "../../engines/engines";
import { RunningSite } from "../../running/runningSite";
import { Administrator } from "../../verify/probing/administrator";
import { eventually } from "../../verify/claim";
import { untilInputEnds } from "./writing";

async function write(name: string, administrator: Administrator, ended: () => boolean): Promise<void> {
  for (let count = 1; !ended(); count += 1) {
    const { id, path } = await administrator.upload(`${name}-${count}`);
    if (count % 3 === 0) await administrator.remove("media", id);
    else console.log(path);
  }
}

async function main(): Promise<void> {
  const running = new RunningSite(outputsOf(process.argv[2]!));
  const ended = untilInputEnds();
  try {
    // One after another, for two reasons. WordPress may lose one of two logins at the same moment. And of two first
    // uploads in a month one fails: both create the month's folder, which the other machine may not see at once.
    const writers: (readonly [string, Administrator])[] = [];
    for (const { name, address } of running.site.realServers) {
      const administrator = await Administrator.login(running, { address, port: 80 });
      console.log(await eventually(60, async () => (await administrator.upload(`${name}-0`)).path));
      writers.push([name, administrator]);
    }
    await Promise.all(writers.map(([name, one]) => write(name, one, ended)));
  } finally {
    running.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
