import { fetchEngine } from "../engines/engines";
import { lookFirst } from "../engines/lookFirst";
import { hostScript, runCommand } from "../project/beside";
import { forward } from "../project/forward";
import { missingMachines } from "../project/orphans";
import { startMachines } from "../project/power";
import { isLocal, requireLab, requireStack, writtenSite } from "../project/stacks";
import { UsageError } from "../project/userError";
import { defineCommand, stackArgument } from "./command";
import { present } from "../settings/lists";

export const up = defineCommand({
  name: "up",
  group: "Site",
  summary: "brings a stack up, or to what its stack file says now",
  more: "Installs what this host lacks, builds the guest image once, creates or changes the machines, and prints the URL. For a stack that stands, it first shows which machines change and what clients notice, and asks before a machine is replaced or data goes. Machines are replaced one after another; real servers are drained first. At the end it asks the machines of a stack that stood whether they are as they were laid down, and repairs them, as repair does.",
  arguments: [stackArgument],
  options: [
    {
      flags: "--offline",
      what: "uses the offline engine: real machines, without locking and drift detection",
    },
    { flags: "--rehearse", what: "the former name of --offline" },
    { flags: "--preview", what: "shows what would happen, and changes nothing" },
    { flags: "--yes", what: "does not ask before machines are replaced or data goes" },
    { flags: "--lab <name>", what: "a lab of labs/, never a stack of that name", completes: "lab" },
  ],
  examples: [
    ["up", "the dev site"],
    ["up tun", "the lab of labs/tun.yaml"],
    ["up dev --preview", "what an edit of Pulumi.dev.yaml will do"],
  ],
  async run(input) {
    const [word] = input.words;
    const lab = input.value("lab");
    if (lab !== undefined && word !== undefined && word !== lab)
      throw new UsageError(`write ${word} or --lab ${lab}, not both`);
    const stack = lab === undefined ? requireStack(word) : requireLab(lab);
    await hostScript("setup.sh");
    const planned = writtenSite(stack);
    const { image } = planned;
    await hostScript("cached-image.sh", image.hash ?? image.suite);
    // The libvirtd of another host runs already, or cannot be started from here.
    const hypervisor = isLocal(stack) ? await hostScript("hypervisor.sh", "start") : "remote";
    const engine = await fetchEngine(stack, { offline: input.has("offline") || input.has("rehearse") });
    console.log(`${stack}: ${engine.description}`);
    if (hypervisor === "private")
      console.log(
        `${stack}: on a private hypervisor of this checkout, in a network of its own; npm run enter -- ${stack} opens a shell there`,
      );
    const [preview, yes] = [input.has("preview"), input.has("yes")];
    const before = engine.outputs(stack);
    const [lost, ...others] = before ? missingMachines(before.site) : [];
    if (lost !== undefined) {
      console.log(
        `${stack}: libvirt no longer has ${[lost, ...others].join(", ")}; up creates what is missing again`,
      );
      if (!preview) engine.forget(stack, [lost, ...others]);
    }
    if (!preview)
      for (const name of startMachines(planned)) console.log(`${stack}: ${name} was powered off, and starts`);
    const next = await lookFirst(engine, before?.site, planned, { preview, yes });
    if (next === "stop") return preview ? 0 : 1;
    if (next === "go") engine.up(stack);
    const after = next === "go" ? engine.outputs(stack) : before;
    if (before && !runCommand("repair", stack)) return 1;
    const { url, site, caCertificate } = present(after, `output of ${stack}`);
    const opened = hypervisor === "private" ? await forward(stack, url) : url;
    const isWordpress = site.content === "wordpress";
    const user = `  user           ${site.wordpress.adminUser}; npm run status -- ${stack} --show-secrets shows the password\n`;
    const ca = `  its CA         npm run ca -- ${stack}, to import into a browser\n`;
    console.log(`
  ${isWordpress ? "WordPress" : "site     "}      ${opened}${opened === url ? "" : `   (${url} in the lab)`}
${isWordpress ? user : ""}${caCertificate === undefined ? "" : ca}  prove it       npm run verify -- ${stack}
  take it down   npm run down -- ${stack}`);
    return 0;
  },
});
