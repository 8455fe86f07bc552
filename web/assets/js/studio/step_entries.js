// @ts-check
// One value of a scenario's step, entered as its field of the form would be.
import { make } from "../dom.js";
import { both } from "./language/words.js";

/** @typedef {{key: string, label: string, type: string, choices: [string, string][], columns?: Field[]}} Field */
/** @typedef {(value: any) => void} Set undefined leaves the value out */

const PLAIN = /^(textfield|textarea|select|radio|checkbox|number|money|unit|person|date|time)$/;
const CHOSEN = /^(select|radio|person)$/;
const NATIVE = { date: /^(\d{4}-\d\d-\d\d)?$/, time: /^(\d\d:\d\d)?$/ };

/** @param {unknown} value */
export const shown = (value) =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** What was typed: what reads as JSON is that, everything else text. @param {string} text */
export function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {[string, string][]} choices @param {unknown} value @param {Set} set */
function choice(choices, value, set) {
  const options = [["", both("（不填）", "(left out)")], ...choices];
  if (value !== undefined && !options.some(([one]) => one === shown(value)))
    options.push([shown(value), shown(value)]);
  const field = /** @type {HTMLSelectElement} */ (
    make(
      "select",
      { class: "form-select" },
      ...options.map(([one, label]) => make("option", { value: one }, label)),
    )
  );
  field.value = shown(value);
  field.addEventListener("change", () => set(field.value === "" ? undefined : field.value));
  return field;
}

/** @param {string} value @param {(text: string) => void} typed @param {Record<string, string>} [more] */
export function line(value, typed, more = {}) {
  const field = /** @type {HTMLInputElement} */ (
    make("input", { class: "form-control", value, ...more })
  );
  field.addEventListener("input", () => typed(field.value));
  return field;
}

/** Several texts, one a line. @param {string[]} value @param {Set} set */
function lines(value, set) {
  const field = /** @type {HTMLTextAreaElement} */ (
    make("textarea", {
      class: "form-control",
      rows: "2",
      placeholder: both("一行一项", "one a line"),
    })
  );
  field.value = value.join("\n");
  field.addEventListener("input", () => {
    const texts = field.value.split("\n").filter((text) => text.trim());
    set(texts.length ? texts : undefined);
  });
  return field;
}

/** @param {unknown} value @param {Set} set */
function amount(value, set) {
  const yuan = value === undefined ? "" : String(Number(value) / 100);
  const typed = (/** @type {string} */ text) =>
    set(text === "" ? undefined : Math.round(Number(text) * 100));
  return line(yuan, typed, { inputmode: "decimal", placeholder: both("元", "yuan") });
}

/** @param {unknown} value @param {Set} set */
function truth(value, set) {
  const answers = /** @type {[string, string][]} */ ([
    ["true", both("是", "yes")],
    ["false", both("否", "no")],
  ]);
  return choice(answers, value, (text) => set(text && text === "true"));
}

/** @param {unknown} value @param {Set} set */
function picture(value, set) {
  const one = Array.isArray(value) ? value[0] : value;
  const given = both("有照片", "with a photo");
  return choice([["photo-given", given]], one, (name) => set(name && [name]));
}

/** @param {Field} field @param {unknown} value @param {Set} set @returns {HTMLElement} */
export function entry({ type, choices }, value, set) {
  if (type === "checkbox") return truth(value, set);
  if (type === "signature") return choice([["sign-given", both("已签", "signed")]], value, set);
  if (type === "photo" || type === "filepicker") return picture(value, set);
  if (choices.length && CHOSEN.test(type)) return choice(choices, value, set);
  if (type === "money" && (value === undefined || typeof value === "number"))
    return amount(value, set);
  if (type === "number")
    return line(shown(value), (text) => set(text === "" ? undefined : read(text)), {
      inputmode: "decimal",
    });
  if (/^(checklist|taglist)$/.test(type) && (value === undefined || isTexts(value)))
    return lines(/** @type {string[]} */ (value ?? []), set);
  const whole = !PLAIN.test(type) || typeof value === "object";
  const native = NATIVE[/** @type {"date" | "time"} */ (type)]?.test(shown(value));
  return line(
    shown(value),
    (text) => set(text === "" ? undefined : whole ? read(text) : text),
    native ? { type } : {},
  );
}

/** @param {unknown} value */
const isTexts = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === "string" && !each.includes("\n"));
