/** Calendar events in systemd's syntax: the part of systemd.time(7) that a backup schedule needs. */

const words = ["minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly"];
const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const day = `(?:${weekdays.join("|")})`;
const days = `${day}(?:\\.\\.${day})?(?:,${day}(?:\\.\\.${day})?)*`;

/** A pattern for `*` or for numbers, ranges and steps of what `number` matches, such as `8..18/2,20`. */
const list = (number: string): string => {
  const item = `(?:\\*|${number}(?:\\.\\.${number})?)(?:/[1-9]\\d?)?`;
  return `${item}(?:,${item})*`;
};
const dayOfMonth = list("(?:0?[1-9]|[12]\\d|3[01])");
const date = `(?:${list("20\\d\\d")}-)?${list("(?:0?[1-9]|1[0-2])")}-${dayOfMonth}`;
const sixty = list("[0-5]?\\d");
const time = `${list("(?:[01]?\\d|2[0-3])")}:${sixty}(?::${sixty})?`;

const calendar = new RegExp(`^(?=\\S)(?:${days})?(?:(?:^| )${date})?(?:(?:^| )${time})?$`, "i");

/** Whether both ends of each `..` are in order. The week begins on Monday. */
const isOrdered = (text: string): boolean =>
  [...text.matchAll(/(\w+)\.\.(\w+)/g)].every(([, first = "", last = ""]) => {
    const order = (end: string) => (/\d/.test(end) ? Number(end) : weekdays.indexOf(end.toLowerCase()));
    return order(first) <= order(last);
  });

/** Whether `text` is a valid `OnCalendar=`. systemd accepts more forms than this function. */
export const isCalendar = (text: string): boolean =>
  words.includes(text) || (calendar.test(text) && isOrdered(text));
