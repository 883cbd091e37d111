/** A project's own configuration values, taken out of all that Pulumi hands over. */

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
