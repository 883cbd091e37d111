/**
 * npm run up [-- STACK | --lab NAME] [--rehearse]: installs what is missing, makes the image once, brings the site up, prints
 * the URL.
 */
import { resolveSite } from "../settings/resolve";
import { fetchEngine } from "../engines/engines";
import { isLocal, stackSettings } from "../project/stacks";
import { forward } from "../project/forward";
import { startMachines } from "../project/power";
import { hostScript } from "../project/beside";
import { parseArgs, runTool } from "../project/cli";
import { requireLab, requireStack, stackFile } from "../project/stacks";

runTool(async () => {
  const { words, flags } = parseArgs(["--rehearse", "--lab"]);
  const stack = flags.has("--lab") ? requireLab(words[0]) : requireStack(words[0]);
  await hostScript("setup.sh");
  const planned = resolveSite(stack, stackSettings(stack), stackFile(stack));
  const { image } = planned;
  await hostScript("image.sh", ...(image.hash ? [image.hash] : []));
  // Another host's libvirtd runs already, or cannot be started from here.
  const hypervisor = isLocal(stack) ? await hostScript("hypervisor.sh", "start") : "remote";
  const engine = await fetchEngine(stack, { rehearse: flags.has("--rehearse") });
  console.log(`${stack}: ${engine.description}`);
  if (hypervisor === "private")
    console.log(
      `${stack}: on a private hypervisor of this checkout, in a network of its own; npm run enter -- ${stack} goes there`,
    );
  for (const name of startMachines(planned)) console.log(`${stack}: ${name} was powered off, and starts`);
  engine.up(stack);
  const { url, site, caCertificate } = engine.outputs(stack)!;
  const opened = hypervisor === "private" ? await forward(stack, url) : url;
  const isWordpress = site.content === "wordpress";
  const user = `  user           ${site.wordpress.adminUser}; npm run status -- ${stack} --show-secrets tells the password\n`;
  const ca = `  its CA         npm run ca -- ${stack}, to be imported where it is looked at\n`;
  console.log(`
  ${isWordpress ? "WordPress" : "site     "}      ${opened}${opened === url ? "" : `   (${url} in the lab)`}
${isWordpress ? user : ""}${caCertificate === undefined ? "" : ca}  prove it       npm run verify -- ${stack}
  take it down   npm run down -- ${stack}`);
});
