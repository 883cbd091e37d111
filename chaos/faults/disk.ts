/** The part of a fault that fills a disk. */
import { type Fault, holdSeconds } from "../fault";
import { fillDisk, freeDisk } from "../strike";

/** Fills the disk of a folder for the usual time. */
export const fullDisk = (folder: string): Pick<Fault, "inject" | "holdSeconds" | "undo"> => ({
  inject: (running, machines) => fillDisk(running, machines, folder),
  holdSeconds,
  undo: (running, machines) => freeDisk(running, machines, folder),
});
