// FEEL functions of Camunda's set that the interpreter lacks.
import {
  FeelDate,
  FeelDateTime,
  FeelDuration,
  FeelFunction,
  dateAndTime,
  evaluate,
} from "feelin";
import { encode, kindOf } from "./values.js";
import { CALENDAR, NAMES, workdays } from "./workdays.js";

const isText = (value) => typeof value === "string";
const define = (parameters, body) => new FeelFunction(body, parameters);

const FUNCTIONS = {
  "get value": define(["m", "key"], (context, key) =>
    [key].flat().reduce(entry, context),
  ),
  assert: define(["value", "condition", "cause"], (value, condition, cause) => {
    if (condition === true) return value;
    throw new Error(cause ?? "the condition of assert does not hold");
  }),
  cycle: define(["repetitions", "interval"], (repetitions, interval) =>
    cycle(repetitions, interval),
  ),
  "duplicate values": define(["list"], (list) =>
    Array.isArray(list)
      ? list
          .map((item, index) => [item, index])
          .filter(([item, index]) => firstIndex(list, item) === index)
          .filter(([item, index]) => firstIndex(list, item, index + 1) >= 0)
          .map(([item]) => item)
      : null,
  ),
  extract: define(["string", "pattern"], (string, pattern) =>
    isText(string) && isText(pattern)
      ? (string.match(new RegExp(pattern, "gu")) ?? [])
      : null,
  ),
  // What an agent fills in: of the value alone the process makes use.
  fromAi: define(
    ["value", "description", "type", "schema", "options"],
    (value) => value,
  ),
  "from base64": define(["value"], (value) =>
    isText(value) ? fromBase64(value) : null,
  ),
  "from json": define(["value"], (value) => fromJson(value)),
  "get or else": define(["value", "default"], (value, other) => value ?? other),
  "is blank": define(["string"], (string) =>
    isText(string) ? string.trim() === "" : null,
  ),
  "is defined": define(
    ["value"],
    (value) => value !== null && value !== undefined,
  ),
  "is empty": define(["list"], (list) =>
    Array.isArray(list) ? list.length === 0 : null,
  ),
  "last day of month": define(["date"], (day) => lastDayOfMonth(day)),
  partition: define(["list", "size"], (list, size) => partition(list, size)),
  "random number": define([], () => Math.random()),
  "to base64": define(["value"], (value) =>
    isText(value) ? toBase64(value) : null,
  ),
  "to json": define(["value"], (value) => JSON.stringify(encode(value))),
  trim: define(["string"], (string) => (isText(string) ? string.trim() : null)),
  uuid: define([], () => uuid()),
};

/** Our functions by name, without those whose name `text` does not contain (each costs time in every parse). */
export function functionsIn(text) {
  return Object.fromEntries(
    Object.entries(FUNCTIONS).filter(([name]) => text.includes(name)),
  );
}

/** `now` and `today` as of the ISO 8601 instant `moment`; its offset says which day it is. */
export function clock(moment) {
  const now = dateAndTime(moment);
  return {
    now: define([], () => now),
    today: define([], () => new FeelDate(now.value.toPlainDate())),
  };
}

/** The variables of a request beside the functions that belong to it: its clock, the calendar it brings along. */
export function scopeOf(variables, now) {
  const { [CALENDAR]: calendar, ...names } = variables;
  return {
    ...(now ? clock(now) : {}),
    ...(calendar ? workdays(calendar) : {}),
    ...names,
  };
}

const known = new Map(
  [...Object.keys(FUNCTIONS), ...NAMES].map((name) => [name, true]),
);

/** Whether FEEL has a function of that name. */
export function isFunctionName(name) {
  if (!known.has(name)) {
    if (known.size > 1000) return false;
    const { warnings } = evaluate(`${name}()`, {}, "camunda");
    known.set(name, !warnings.some(({ type }) => type === "NO_FUNCTION_FOUND"));
  }
  return known.get(name);
}

function entry(context, key) {
  return kindOf(context) === "context" && Object.hasOwn(context, key)
    ? context[key]
    : null;
}

/** The time cycle of an interval, as often as told; the interval alone repeats for ever. */
function cycle(repetitions, interval) {
  const [times, every] =
    repetitions instanceof FeelDuration
      ? ["", repetitions]
      : [repetitions ?? "", interval];
  return every instanceof FeelDuration ? `R${times}/${every.iso}` : null;
}

function firstIndex(list, item, from = 0) {
  const same = JSON.stringify(encode(item, true));
  return list.findIndex(
    (other, index) =>
      index >= from && JSON.stringify(encode(other, true)) === same,
  );
}

function lastDayOfMonth(day) {
  if (!(day instanceof FeelDate || day instanceof FeelDateTime)) return null;
  const last = day.value.with({ day: day.value.daysInMonth });
  return new FeelDate(day instanceof FeelDate ? last : last.toPlainDate());
}

function partition(list, size) {
  if (!Array.isArray(list) || !Number.isInteger(size) || size < 1) return null;
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

function fromJson(text) {
  try {
    return isText(text) ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// The isolate has no TextEncoder: percent-encoding is its way to UTF-8.
function toBase64(text) {
  const bytes = unescape(encodeURIComponent(text));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)).toBase64();
}

function fromBase64(text) {
  const bytes = Array.from(Uint8Array.fromBase64(text));
  const encoded = bytes.map((byte) => String.fromCharCode(byte)).join("");
  return decodeURIComponent(escape(encoded));
}

function uuid() {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (Math.floor(Math.random() * 16) >> (digit / 4))).toString(16),
  );
}
