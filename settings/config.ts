/** Finds the file of a stack, and selects the project's own settings from Pulumi's configuration. */

/**
 * Returns the stack's file, relative to the project's root: its own file, or else the lab with that name. `read`
 * returns the text of a file, or undefined. `pulumi stack init` writes a file that has only a salt; the lab is then
 * used.
 */
export function stackFileName(stack: string, read: (file: string) => string | undefined): string {
  const [own, lab] = [`Pulumi.${stack}.yaml`, `labs/${stack}.yaml`];
  return read(lab) === undefined || /^config:/m.test(read(own) ?? "") ? own : lab;
}

/** Whether a stack's file is a ready lab's. */
export const isLabFile = (file: string): boolean => file.startsWith("labs/");

/**
 * Returns the settings of `project` without its prefix. Values that are JSON, such as lists and objects, are parsed;
 * others stay text.
 */
export function settingsOf(
  project: string,
  config: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const prefix = `${project}:`;
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, text]) => [key.slice(prefix.length), plain(text)]),
  );
}

function plain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
