/** Parts of a text at a separator of one character. */

/** Returns what stands before the first `separator`, or the whole text when there is none. */
export function beforeFirst(text: string, separator: string): string {
  const end = text.indexOf(separator);
  return end < 0 ? text : text.slice(0, end);
}

/** Returns what stands after the last `separator`, or the whole text when there is none. */
export const afterLast = (text: string, separator: string): string =>
  text.slice(text.lastIndexOf(separator) + 1);
