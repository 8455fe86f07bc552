// Values on their way between FEEL and JSON.
import {
  FeelDate,
  FeelDateTime,
  FeelDuration,
  FeelTime,
  date,
  dateAndTime,
  duration,
  time,
} from "feelin";

const MOST_CHARACTERS = 1_000_000;
const DEEPEST = 50;

const TEMPORAL = [
  [FeelDate, "date", date],
  [FeelTime, "time", time],
  [FeelDateTime, "date-time", dateAndTime],
  [FeelDuration, "duration", duration],
];
const PARSERS = Object.fromEntries(
  TEMPORAL.map(([, kind, parse]) => [kind, parse]),
);

/** The name of a value's type: the JSON types in FEEL's words, and the temporal ones. */
export function kindOf(value) {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value !== "object") return typeof value;
  const temporal = TEMPORAL.find(([type]) => value instanceof type);
  if (temporal) return temporal[1];
  return isPlain(value) ? "context" : "function";
}

/** `text` as a temporal value of that kind; null when it is not one. */
export function temporal(kind, text) {
  return PARSERS[kind](text) ?? null;
}

/** JSON whose temporal values are tagged `{"$": kind, "v": text}`, as FEEL values. */
export function untagged(value) {
  if (Array.isArray(value)) return value.map(untagged);
  if (value === null || typeof value !== "object") return value;
  if (value.$ in PARSERS) return temporal(value.$, value.v);
  return mapped(value, untagged);
}

/**
 * A FEEL value as JSON data. Temporal values become ISO 8601 text (a named zone its offset), or tagged objects
 * when `tagged`; functions and ranges become null. Throws for what is no data: NaN, infinities, text with NUL
 * or lone surrogates, more than a million characters, nesting deeper than 50.
 */
export function encode(value, tagged = false) {
  const room = { characters: MOST_CHARACTERS };
  return data(value, tagged, room, 0);
}

function data(value, tagged, room, depth) {
  if (depth > DEEPEST) throw new Error("the result is nested too deeply");
  const kind = kindOf(value);
  if (kind === "string") return text(value, room);
  take(room, 4);
  if (kind === "list")
    return value.map((item) => data(item, tagged, room, depth + 1));
  if (kind === "context")
    return mapped(
      value,
      (entry) => data(entry, tagged, room, depth + 1),
      (key) => text(key, room),
    );
  if (kind in PARSERS)
    return tagged ? { $: kind, v: value.iso } : text(iso(value, kind), room);
  return scalar(value, kind);
}

function scalar(value, kind) {
  if (kind === "boolean") return value;
  if (kind !== "number") return null;
  if (!Number.isFinite(value)) throw new Error("the result is not a number");
  return value;
}

function text(value, room) {
  take(room, value.length);
  if (value.includes("\0") || !value.isWellFormed())
    throw new Error("the text holds characters that cannot be stored");
  return value;
}

function take(room, characters) {
  room.characters -= characters;
  if (room.characters < 0) throw new Error("the result is too large");
}

function iso(value, kind) {
  if (kind !== "date-time" || !/[a-z]/i.test(value.zone?.slice(1) ?? ""))
    return value.iso;
  const moment = value.value.toZonedDateTime(value.zone);
  return moment.toString({ timeZoneName: "never" });
}

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

// Object.fromEntries defines a key named __proto__, where an assignment would replace the prototype.
function mapped(object, change, checkKey = (key) => key) {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      checkKey(key),
      change(value),
    ]),
  );
}
