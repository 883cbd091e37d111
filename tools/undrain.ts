/** npm run undrain -- STACK NAME: a drained real server takes new clients again. */
import { setDrained } from "./draining";
import { runTool } from "./project";

runTool(() => setDrained("undrain"));
