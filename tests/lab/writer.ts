/**
 * Writes to a site until standard input ends: pictures come through each real server by turns, and every third one goes again.
 * Prints the path of each that stays.
 */
import { outputsOf } from "../../tools/engines";
import { Lab } from "../../tools/lab";
import { Administrator } from "../../verify/administrator";

async function write(name: string, administrator: Administrator, ended: () => boolean): Promise<void> {
  for (let count = 1; !ended(); count += 1) {
    const { id, path } = await administrator.upload(`${name}-${count}`);
    if (count % 3 === 0) await administrator.remove("media", id);
    else console.log(path);
  }
}

async function main(): Promise<void> {
  const lab = new Lab(outputsOf(process.argv[2]!));
  let isOver = false;
  process.stdin.on("end", () => (isOver = true)).resume();
  try {
    // One login after another: of two at the same moment WordPress may forget one.
    const writers: (readonly [string, Administrator])[] = [];
    for (const { name, address } of lab.site.realServers)
      writers.push([name, await Administrator.login(lab, { address, port: 80 })]);
    await Promise.all(writers.map(([name, one]) => write(name, one, () => isOver)));
  } finally {
    lab.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
