/** npm test [-- --only TIER...] [--all]: every tier in turn; a line at the end sums them. */
import { parseArgs, runTool } from "../project/cli";
import { runTiers } from "../project/testTiers";

runTool(async () => {
  const { words, flags } = parseArgs(["--only", "--all"]);
  return runTiers(flags.has("--only") ? words : [], flags.has("--all"));
});
