// Conversions to the type a DMN model declares (DMN 1.3, 10.3.2.9.4).
import { kindOf, temporal } from "./values.js";

const CHECKED = new Set(["number", "string", "boolean"]);
const SINGLE = new Set([...CHECKED, "date", "time"]);
const TEMPORAL = {
  date: "date",
  time: "time",
  dateTime: "date-time",
  "date and time": "date-time",
  dayTimeDuration: "duration",
  "days and time duration": "duration",
  yearMonthDuration: "duration",
  "years and months duration": "duration",
};

/** The value as the declared type: a single value ↔ a list of one; null when its type is another. */
export function converted(value, type, types) {
  if (!type || value === null || value === undefined) return value ?? null;
  const definition = types[type];
  if (definition?.collection) return Array.isArray(value) ? value : [value];
  const single = unwrapped(value, Boolean(definition) || SINGLE.has(type));
  const base = definition ? definition.base : type;
  return CHECKED.has(base) && kindOf(single) !== base ? null : single;
}

/** As `converted`, for values that came as JSON: text becomes the temporal value that the type asks for. */
export function declared(value, type, types) {
  const kind = TEMPORAL[types[type]?.base ?? type];
  return kind && typeof value === "string"
    ? temporal(kind, value)
    : converted(value, type, types);
}

function unwrapped(value, wanted) {
  return wanted && Array.isArray(value) && value.length === 1
    ? value[0]
    : value;
}
