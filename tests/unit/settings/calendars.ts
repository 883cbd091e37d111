/** Calendar events, and what are none; tests/templates asks systemd about the same. */
export const calendars = [
  "daily",
  "semiannually",
  "03:30",
  "*:0/15",
  "3:30:15",
  "Mon..Fri 22:00",
  "sat,sun 04:00",
  "Mon",
  "*-*-01 02:00",
  "*-*-05..10/2,15 02:00",
  "2026..2030-12-24 18:00",
  "12-24 18:00",
  "8..18/2:00",
];

export const noCalendars = [
  "every night",
  "24:00",
  "3:60",
  "Montag 3:00",
  "Sun..Tue 1:00",
  "*:5..3",
  "*-13-01",
  "03",
  "03:30 ",
  "daily 03:30",
];
