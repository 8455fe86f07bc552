// What the interpreter lacks to reckon with durations.
import { FeelDuration } from "feelin";

/** Lets a days and time duration be divided by another: as a number it is its seconds. */
export function measurable() {
  Object.defineProperty(FeelDuration.prototype, Symbol.toPrimitive, {
    value(hint) {
      if (hint !== "number") return this.iso;
      return this.yearsMonths ? NaN : this.value.total("seconds");
    },
  });
}
