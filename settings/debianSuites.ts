/** Debian releases that guests can run. The image's recipe is the same for all of them. */
export const debianSuites = ["trixie", "bookworm"] as const;
export type DebianSuite = (typeof debianSuites)[number];

export const defaultSuite: DebianSuite = "trixie";
