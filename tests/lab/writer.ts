/**
 * Writes to a site until standard input ends: pictures come through each real server by turns, and every third one goes again.
 * Prints the path of each that stays.
 */
import { outputsOf } from "../../tools/engines";
import { Lab } from "../../tools/lab";
import { Administrator, picture } from "../../verify/administrator";

async function write(lab: Lab, index: number, ended: () => boolean): Promise<void> {
  const { name, address } = lab.site.realServers[index]!;
  const administrator = await Administrator.login(lab, { address, port: 80 });
  for (let count = 1; !ended(); count += 1) {
    const headers = {
      "content-type": "image/png",
      "content-disposition": `attachment; filename=${name}-${count}.png`,
    };
    const { id, source_url: url } = await administrator.call("POST", "/wp/v2/media", headers, picture());
    if (count % 3 === 0) await administrator.call("DELETE", `/wp/v2/media/${String(id)}&force=true`);
    else console.log(new URL(String(url)).pathname);
  }
}

async function main(): Promise<void> {
  const lab = new Lab(outputsOf(process.argv[2]!));
  let isOver = false;
  process.stdin.on("end", () => (isOver = true)).resume();
  try {
    // One login after another: of two at the same moment WordPress may forget one.
    const writers = lab.site.realServers.map((_, index) => index);
    await Promise.all(writers.map((index) => write(lab, index, () => isOver)));
  } finally {
    lab.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
