// @ts-check
// What is filled in at a step of a scenario, field by field under the labels of the form; what the form does not have
// stands below by its name.
import { icon, make } from "../dom.js";
import { both, english as inEnglish, say } from "./language/words.js";
import { english } from "./outline.js";

/** @typedef {Record<string, any>} Values */
/** @typedef {{key: string, label: string, type: string, choices: [string, string][]}} Field */

const PLAIN = /^(textfield|textarea|select|radio|checkbox|number|money|unit|person|datetime)$/;

/** @param {import("./studio.js").Studio} studio @param {string} id @returns {Field[]} */
function fieldsOf({ bundle }, id) {
  const texts = inEnglish ? english(bundle.files) : {};
  /** @param {any[]} components @returns {Field[]} */
  const walk = (components) =>
    (components ?? []).flatMap((each) => {
      if (each.components && !each.key && !each.path) return walk(each.components);
      if (!each.key)
        return each.path
          ? [{ key: each.path, label: each.label ?? each.path, type: each.type, choices: [] }]
          : [];
      const label = texts[`${id}.${each.key}.label`] ?? each.label ?? each.key;
      const choices = (each.values ?? []).map((/** @type {any} */ one) => [
        one.value,
        texts[`${id}.${each.key}.option.${one.value}`] ?? one.label,
      ]);
      return [{ key: each.key, label, type: each.type, choices }];
    });
  try {
    return walk(JSON.parse(bundle.files[`forms/${id}.form`]).components);
  } catch {
    return [];
  }
}

/** @param {unknown} value */
const shown = (value) =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** What was typed: what reads as JSON is that, everything else text. @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {[string, string][]} choices @param {unknown} value @param {(value: any) => void} set */
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
function line(value, typed, more = {}) {
  const field = /** @type {HTMLInputElement} */ (
    make("input", { class: "form-control", value, ...more })
  );
  field.addEventListener("input", () => typed(field.value));
  return field;
}

/** @param {Field} field @param {unknown} value @param {(value: any) => void} set @returns {HTMLElement} */
function entry({ type, choices }, value, set) {
  const yesNo = /** @type {[string, string][]} */ ([
    ["true", both("是", "yes")],
    ["false", both("否", "no")],
  ]);
  const truth = (/** @type {string | undefined} */ text) => set(text && text === "true");
  if (type === "checkbox")
    return choice(yesNo, value, (text) => (text === undefined ? set(text) : truth(text)));
  if (type === "signature") return choice([["sign-given", both("已签", "signed")]], value, set);
  if (type === "photo" || type === "filepicker") {
    const one = Array.isArray(value) ? value[0] : value;
    return choice([["photo-given", both("有照片", "with a photo")]], one, (name) =>
      set(name && [name]),
    );
  }
  if (choices.length && /^(select|radio)$/.test(type)) return choice(choices, value, set);
  if (type === "money" && (value === undefined || typeof value === "number"))
    return line(
      value === undefined ? "" : String(value / 100),
      (text) => set(text === "" ? undefined : Math.round(Number(text) * 100)),
      { inputmode: "decimal", placeholder: both("元", "yuan") },
    );
  if (type === "number")
    return line(shown(value), (text) => set(text === "" ? undefined : read(text)), {
      inputmode: "decimal",
    });
  const whole = !PLAIN.test(type) || typeof value === "object";
  return line(shown(value), (text) => set(text === "" ? undefined : whole ? read(text) : text));
}

/**
 * Rows for every field of a form and every other value.
 * @param {import("./studio.js").Studio} studio @param {string} form its id, empty for none
 * @param {Values} values @param {(values: Values) => void} change
 * @returns {HTMLElement[]}
 */
export function valueFields(studio, form, values, change) {
  let now = { ...values };
  const set = (/** @type {string} */ key, /** @type {unknown} */ value) => {
    now = { ...now, [key]: value };
    if (value === undefined) delete now[key];
    change(now);
  };
  const fields = form ? fieldsOf(studio, form) : [];
  const known = new Set(fields.map(({ key }) => key));
  const rows = fields.map((field) =>
    make(
      "label",
      { class: "gc-step-row", title: field.key },
      make("span", {}, field.label),
      entry(field, now[field.key], (value) => set(field.key, value)),
    ),
  );
  const other = (/** @type {string} */ key) =>
    make(
      "label",
      { class: "gc-step-row" },
      make("span", { class: "gc-code" }, key),
      line(shown(now[key]), (text) => set(key, text === "" ? undefined : read(text))),
    );
  const rest = Object.keys(now)
    .filter((key) => !known.has(key))
    .map(other);
  return [...rows, ...rest, adder(set, known)];
}

/** A row in which another value gets its name. @param {(key: string, value: unknown) => void} set @param {Set<string>} known */
function adder(set, known) {
  const name = /** @type {HTMLInputElement} */ (
    make("input", {
      class: "form-control gc-code",
      placeholder: both("另一项的名称", "name of another value"),
      "aria-label": both("另一项的名称", "name of another value"),
    })
  );
  const value = /** @type {HTMLInputElement} */ (
    make("input", {
      class: "form-control",
      placeholder: both("内容", "value"),
      "aria-label": both("内容", "value"),
    })
  );
  const button = make(
    "button",
    { type: "button", class: "gc-tool", title: say("add"), "aria-label": say("add") },
    icon("plus"),
  );
  const row = make("div", { class: "gc-step-row gc-step-more" }, name, value, button);
  button.addEventListener("click", () => {
    const key = name.value.trim();
    if (!key || known.has(key)) return;
    const line = make(
      "p",
      { class: "gc-step-row" },
      make("span", { class: "gc-code" }, key),
      make("span", {}, value.value),
    );
    row.before(line);
    set(key, read(value.value));
    name.value = value.value = "";
  });
  return row;
}
