import { resolve } from "node:path";

/** Returns the absolute path of a file, from its path in the project's folder. The working directory does not matter. */
export const projectFile = (path: string): string => resolve(__dirname, "..", path);
