import { isCalendar } from "../../../settings/calendar";
import { calendars, noCalendars } from "./calendars";

test.each(calendars)("%s is a calendar event", (text) => {
  expect(isCalendar(text)).toBe(true);
});

test.each(["", " ", ...noCalendars])('"%s" is none', (text) => {
  expect(isCalendar(text)).toBe(false);
});
