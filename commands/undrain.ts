/** npm run undrain -- STACK NAME: a drained real server takes new clients again. */
import { outputsOf } from "../engines/engines";
import { setDrained } from "../running/draining";
import { runTool } from "../project/cli";

runTool(() => setDrained("undrain", outputsOf));
