/** Returns a stable hash of a text, from 0 to 2^32 - 1. */
export const hashOf = (text: string): number =>
  [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7);
