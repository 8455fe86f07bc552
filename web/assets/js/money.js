// @ts-check
// input[data-money]: thousands and two decimals on leaving the field; the server reads either form.
import { on } from "./dom.js";

/**
 * "1372.8" and "1,372.8" become "1,372.80"; anything else stays as typed, for the server to answer.
 * @param {string} text
 */
export function formatMoney(text) {
  const plain = text.replaceAll(/[,，\s]/g, "");
  const match = /^(-?)(\d{1,13})(?:\.(\d{0,2}))?$/.exec(plain);
  if (!match) return text;
  const [, sign, whole, cents = ""] = match;
  const thousands = whole.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign}${thousands}.${cents.padEnd(2, "0")}`;
}

/** Watches money fields. */
export function startMoney() {
  on("focusout", "input[data-money]", (_, field) => {
    if (field instanceof HTMLInputElement) field.value = formatMoney(field.value);
  });
}
