/** npm run drain -- STACK NAME: a real server takes no new clients, until undrain; waits for those that it has. */
import { outputsOf } from "../engines/engines";
import { setDrained } from "../running/draining";
import { runTool } from "../project/cli";

runTool(() => setDrained("drain", outputsOf));
