// FEEL functions over the working days of a site. The calendar is data: which weekdays are worked (1 is Monday), and the
// days that differ.
import { FeelDate, FeelDateTime, FeelFunction, date } from "feelin";

/** Under which name a request brings the calendar along. */
export const CALENDAR = "working day";

const MOST = 1000;
const LONGEST_PAUSE = 400;
const define = (parameters, body) => new FeelFunction(body, parameters);

/** The functions of a calendar `{weekdays, days}`, where `days` says of a date whether it is worked. */
export function workdays(calendar) {
  const works = (day) =>
    calendar.days[day.toString()] ?? calendar.weekdays.includes(day.dayOfWeek);
  return {
    "is working day": define(["date"], (given) => {
      const day = dayOf(given);
      return day && works(day);
    }),
    "add working days": define(["date", "count"], (given, count) => {
      const day = dayOf(given);
      const fits = Number.isInteger(count) && Math.abs(count) <= MOST;
      return day && fits ? added(day, count, works) : null;
    }),
    "count working days": define(["from", "to"], (from, to) => {
      const [first, last] = [dayOf(from), dayOf(to)];
      return first && last ? counted(first, last, works) : null;
    }),
  };
}

/** Names of the functions, for the check of expressions. */
export const NAMES = Object.keys(workdays({ weekdays: [], days: {} }));

function dayOf(given) {
  const value = typeof given === "string" ? date(given) : given;
  if (value instanceof FeelDate) return value.value;
  if (value instanceof FeelDateTime) return value.value.toPlainDate();
  return null;
}

// The day it begins is not counted; no days are that day, or the first working day from it on.
function added(day, count, works) {
  const step = count < 0 ? -1 : 1;
  let left = Math.abs(count);
  let found = left ? next(day, step) : day;
  for (let idle = 0; idle < LONGEST_PAUSE; found = next(found, step)) {
    idle = works(found) ? 0 : idle + 1;
    if (idle === 0 && (left -= 1) <= 0) return new FeelDate(found);
  }
  return null;
}

// How many working days lie after `from` up to and with `to`; negative when `to` is earlier.
function counted(from, to, works) {
  const step = from.until(to).sign;
  if (step === 0) return 0;
  if (Math.abs(from.until(to, { largestUnit: "day" }).days) > MOST * 2)
    return null;
  let total = 0;
  for (let day = from; !day.equals(to);) {
    day = next(day, step);
    if (works(day)) total += step;
  }
  return total;
}

const next = (day, step) => day.add({ days: step });
