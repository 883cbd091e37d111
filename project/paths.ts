/** Where the project and what it keeps are. */
import { isAbsolute, join } from "node:path";

export const projectRoot = join(__dirname, "..");
/** Everything that the project keeps outside git. */
export const stateFolder = join(projectRoot, ".lvs");
export const projectName = "lvs-wordpress";

/** Resolves a path that the user typed. npm changes to the project's folder first, so relative paths start from INIT_CWD. */
export const typedPath = (path: string): string =>
  isAbsolute(path) ? path : join(process.env.INIT_CWD ?? process.cwd(), path);
