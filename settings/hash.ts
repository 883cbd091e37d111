/** A small stable number for a text, from 0 up to 2^32. */
export const hashOf = (text: string): number =>
  [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7);
