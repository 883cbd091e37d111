/** npm run up [-- STACK] [--rehearse]: installs what is missing, makes the image once, brings the site up, prints the URL. */
import { resolveSite } from "../settings/site";
import { engineFor, isLocal, stackSettings } from "./engines";
import { forward } from "./forward";
import { hostScript, parseArgs, requireStack, runTool } from "./project";

runTool(async () => {
  const { words, flags } = parseArgs(["--rehearse"]);
  const stack = requireStack(words[0]);
  hostScript("setup.sh");
  const { image } = resolveSite(stack, stackSettings(stack));
  hostScript("image.sh", ...(image.hash ? [image.hash] : []));
  // Another host's libvirtd runs already, or cannot be started from here.
  const hypervisor = isLocal(stack) ? hostScript("hypervisor.sh", "start") : "remote";
  const engine = engineFor(stack, { rehearse: flags.has("--rehearse") });
  console.log(`${stack}: ${engine.description}`);
  if (hypervisor === "private")
    console.log(
      `${stack}: on a private hypervisor of this checkout, in a network of its own; npm run enter -- ${stack} goes there`,
    );
  engine.up(stack);
  const { url, site } = engine.outputs(stack)!;
  const opened = hypervisor === "private" ? await forward(stack, url) : url;
  console.log(`
  WordPress      ${opened}${opened === url ? "" : `   (${url} in the lab)`}
  user           ${site.wordpress.adminUser}; npm run status -- ${stack} --show-secrets tells the password
  prove it       npm run verify -- ${stack}
  take it down   npm run down -- ${stack}`);
});
