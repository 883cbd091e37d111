/** Lists and look-ups whose answer is known to be there: the type says so, or the program stops with the name of what is missing. */

/** A list with at least one element, so that its first element has the element's own type. */
export type NonEmpty<Item> = readonly [Item, ...Item[]];

const isNonEmpty = <Item>(list: readonly Item[]): list is NonEmpty<Item> => list.length > 0;

/** Returns `list` as it is. @throws Error naming `what` when it is empty */
export function nonEmpty<Item>(list: readonly Item[], what: string): NonEmpty<Item> {
  if (!isNonEmpty(list)) throw new Error(`there is no ${what}`);
  return list;
}

/** `list.map(change)`, whose type knows that the result is not empty either. */
export function mapNonEmpty<From, To>(
  list: NonEmpty<From>,
  change: (item: From, index: number) => To,
): NonEmpty<To> {
  const [first, ...rest] = list;
  return [change(first, 0), ...rest.map((item, index) => change(item, index + 1))];
}

export const lastOf = <Item>([first, ...rest]: NonEmpty<Item>): Item => rest.at(-1) ?? first;

/** The element whose turn it is at `step` (from 0 on), round and round. */
export const inTurn = <Item>(list: NonEmpty<Item>, step: number): Item => list[step % list.length] ?? list[0];

/** Returns `[one[0], other[0]]`, `[one[1], other[1]]` and so on. @throws Error when the lists differ in length */
export function paired<One, Other>(
  one: readonly One[],
  other: readonly Other[],
): readonly (readonly [One, Other])[] {
  if (one.length !== other.length) throw new Error(`${one.length} and ${other.length} are not pairs`);
  // Of the same length: each index of `one` is one of `other`.
  return one.map((item, index) => [item, other[index] as Other]);
}

/** Returns `value`. @throws Error naming `what` when there is none, which is a mistake in this program */
export function present<Value>(value: Value | undefined | null, what: string): Value {
  if (value === undefined || value === null) throw new Error(`there is no ${what}`);
  return value;
}
