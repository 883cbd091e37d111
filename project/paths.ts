/** Where the project and what it keeps are. */
import { join } from "node:path";

export const projectRoot = join(__dirname, "..");
/** Everything that the project keeps outside git. */
export const stateFolder = join(projectRoot, ".lvs");
export const projectName = "lvs-wordpress";
