/** Which file a stack is written in, and a project's own values out of all that Pulumi hands over. */

/**
 * The file of `stack`, from the project's root: its own, else the ready lab of that name. `read` knows a file's text.
 * `pulumi stack init` writes a file with a salt alone, which takes no lab's place.
 */
export function stackFileName(stack: string, read: (file: string) => string | undefined): string {
  const [own, lab] = [`Pulumi.${stack}.yaml`, `labs/${stack}.yaml`];
  return read(lab) === undefined || /^config:/m.test(read(own) ?? "") ? own : lab;
}

/** The values of `project`, its prefix left off. Lists and objects come as JSON, anything else as the text itself. */
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
