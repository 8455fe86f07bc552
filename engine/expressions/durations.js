// What the interpreter lacks to reckon with durations: `web/assets/durations.mjs` lets its operators ask here first.
import {
  duration,
  FeelDate,
  FeelDateTime,
  FeelDuration,
  FeelTime,
} from "feelin";

const RECKONED = { "*": multiplied, "/": divided, "**": nothing, "^": nothing };

/** The value of an operation one of whose sides is temporal, null where FEEL has none; undefined where the interpreter knows it. */
export function reckoned(operator, left, right) {
  const reckon = RECKONED[operator];
  return reckon && (isTemporal(left) || isTemporal(right))
    ? reckon(left, right)
    : undefined;
}

function multiplied(left, right) {
  if (typeof left === "number") return multiplied(right, left);
  return isDuration(left) && typeof right === "number"
    ? scaled(left, right)
    : null;
}

function divided(left, right) {
  if (!isDuration(left)) return null;
  if (typeof right === "number")
    return right === 0 ? null : scaled(left, 1 / right);
  if (!isDuration(right) || left.yearsMonths !== right.yearsMonths) return null;
  return amount(right) === 0 ? null : amount(left) / amount(right);
}

function nothing() {
  return null;
}

/** Of years and months only whole months are left, of days and time milliseconds. */
function scaled(one, factor) {
  const amounts = amount(one) * factor;
  if (!Number.isSafeInteger(Math.trunc(amounts * 1000))) return null;
  if (!one.yearsMonths) return duration(Math.round(amounts * 1000));
  const months = Math.trunc(Math.round(amounts * 1e9) / 1e9);
  return duration(`${months < 0 ? "-" : ""}P${Math.abs(months)}M`);
}

/** Months of a years and months duration, seconds of any other. */
function amount({ yearsMonths, value }) {
  return yearsMonths ? value.years * 12 + value.months : value.total("seconds");
}

const isDuration = (value) => value instanceof FeelDuration;
// The interpreter imports this file, so that its classes are there only later.
const kinds = () => [FeelDuration, FeelDate, FeelTime, FeelDateTime];
const isTemporal = (value) =>
  typeof value === "object" && kinds().some((kind) => value instanceof kind);
