import { outputsOf } from "../engines/engines";
import { requireStack } from "../project/stacks";
import { UserError } from "../project/userError";
import { defineCommand, stackArgument } from "./command";

export const ca = defineCommand({
  name: "ca",
  group: "Look",
  summary: "prints the CA certificate of a site with TLS (PEM), to import into a browser",
  arguments: [stackArgument],
  examples: [["ca persistence > ca.pem", "the CA of the lab persistence, in a file"]],
  run({ words }) {
    const stack = requireStack(words[0]);
    const { caCertificate } = outputsOf(stack);
    if (caCertificate === undefined)
      throw new UserError(`${stack} has no CA of its own: write tls: {} and a service with port 443 for one`);
    process.stdout.write(caCertificate);
    return Promise.resolve(0);
  },
});
