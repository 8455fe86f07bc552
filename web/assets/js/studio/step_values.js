// @ts-check
// What is filled in at a step of a scenario, field by field under the labels of the form; what the form does not have
// stands below by its name.
import { icon, make } from "../dom.js";
import { both, english as inEnglish, say } from "./language/words.js";
import { english } from "./outline.js";
import { entry, line, read, shown } from "./step_entries.js";
import { isRows, rowFields } from "./step_rows.js";

/** @typedef {Record<string, any>} Values */
/** @typedef {import("./step_entries.js").Field} Field */

/** What a list of documents holds for each. @type {Field[]} */
const DOCUMENT = [
  { key: "id", label: both("资料", "Document"), type: "textfield", choices: [] },
  { key: "original", label: both("原件", "Original"), type: "checkbox", choices: [] },
  { key: "copy", label: both("复印件", "Copy"), type: "checkbox", choices: [] },
  { key: "photos", label: both("照片", "Photos"), type: "photo", choices: [] },
];

/** @param {any} component */
const typeOf = ({ type, subtype }) =>
  type === "datetime" && /^(date|time)$/.test(subtype) ? subtype : type;

class Reader {
  /** @param {import("./studio.js").Studio} studio @param {string} form */
  constructor({ bundle, vocabulary }, form) {
    this.form = form;
    this.texts = inEnglish ? english(bundle.files) : {};
    this.people = /** @type {any[]} */ (vocabulary.people ?? []).map(({ key, name, role }) => [
      key,
      `${name} · ${role}`,
    ]);
  }

  /** @param {any} component @param {string} path @returns {[string, string][]} */
  choices({ type, values = [] }, path) {
    if (type === "person") return /** @type {[string, string][]} */ (this.people);
    return values.map((/** @type {any} */ one) => [
      one.value,
      this.texts[`${this.form}.${path}.option.${one.value}`] ?? one.label,
    ]);
  }

  /** @param {any[]} components @param {string} [within] path of the list they are in @returns {Field[]} */
  walk(components, within = "") {
    return (components ?? []).flatMap((each) => {
      if (each.components && !each.key && !each.path) return this.walk(each.components, within);
      const key = each.key ?? each.path;
      if (!key) return [];
      const path = `${within}${key}`;
      const label = this.texts[`${this.form}.${path}.label`] || each.label || key;
      const field = { key, label, type: typeOf(each), choices: this.choices(each, path) };
      if (each.type === "documents") return [{ ...field, columns: DOCUMENT }];
      if (each.type !== "dynamiclist") return [field];
      return [{ ...field, columns: this.walk(each.components, `${path}.`) }];
    });
  }
}

/** @param {import("./studio.js").Studio} studio @param {string} id @returns {Field[]} */
function fieldsOf(studio, id) {
  try {
    const { components } = JSON.parse(studio.bundle.files[`forms/${id}.form`]);
    return new Reader(studio, id).walk(components);
  } catch {
    return [];
  }
}

/** @param {string} key @returns {Field} a value no form names */
const unnamed = (key) => ({ key, label: key, type: "", choices: [], columns: [] });

/** A value in its field, rows as a table. @param {Field} field @param {unknown} value @param {(value: any) => void} set */
function valueField(field, value, set) {
  if (field.columns && (isRows(value) ? value.length || field.columns.length : value === undefined))
    return rowFields(field, /** @type {any[]} */ (value ?? []), set);
  return make(
    "label",
    { class: "gc-step-row", title: field.key },
    make("span", {}, field.label),
    entry(field, value, set),
  );
}

/** @param {Field} field @param {any} value */
function said({ type, choices }, value) {
  if (isRows(value))
    return value.length ? both(`${value.length} 行`, `(rows: ${value.length})`) : say("none");
  if (typeof value === "boolean") return value ? both("是", "yes") : both("否", "no");
  if (type === "signature") return both("已签", "signed");
  if (type === "photo") return both("有照片", "with a photo");
  if (type === "money" && typeof value === "number")
    return both(`${value / 100} 元`, `¥${value / 100}`);
  const text = choices.find(([one]) => one === value)?.[1] ?? shown(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Values in words, under the labels of a form. @param {import("./studio.js").Studio} studio @param {string} form @param {Values} values */
export function sayValues(studio, form, values) {
  const fields = new Map(fieldsOf(studio, form).map((field) => [field.key, field]));
  return Object.entries(values)
    .map(([key, value]) => {
      const field = fields.get(key) ?? unnamed(key);
      return `${field.label}${say("colon")}${said(field, value)}`;
    })
    .join(say("comma"));
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
    valueField(field, now[field.key], (value) => set(field.key, value)),
  );
  const other = (/** @type {string} */ key) => {
    if (isRows(now[key]) && now[key].length)
      return rowFields(unnamed(key), now[key], (value) => set(key, value));
    return make(
      "label",
      { class: "gc-step-row" },
      make("span", { class: "gc-code" }, key),
      line(shown(now[key]), (text) => set(key, text === "" ? undefined : read(text))),
    );
  };
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
