import { resolve } from "node:path";

/** The absolute path of a file that is given from the project's folder, wherever the program was started. */
export const projectFile = (path: string): string => resolve(__dirname, "..", path);
