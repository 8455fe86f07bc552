// @ts-check
// Rows of a list that a step of a scenario fills in: a table under the labels of the form's own fields. What a row holds
// beyond them has a column of its own, so that nothing is lost.
import { icon, make } from "../dom.js";
import { both } from "./language/words.js";
import { entry } from "./step_entries.js";

/** @typedef {import("./step_entries.js").Field} Field */
/** @typedef {Record<string, any>} Row */

/** @param {unknown} value @returns {value is Row[]} */
export const isRows = (value) =>
  Array.isArray(value) &&
  value.every((each) => each && typeof each === "object" && !Array.isArray(each));

/** @param {Row[]} rows @param {string} key @returns {Field} a column the form does not have */
function guess(rows, key) {
  const known = rows.find((row) => row[key] !== undefined)?.[key];
  const type = { boolean: "checkbox", number: "number", string: "textfield" }[typeof known];
  return { key, label: key, type: type ?? "", choices: [] };
}

/** @param {Field[]} columns @param {Row[]} rows */
function columnsOf(columns, rows) {
  const known = new Set(columns.map(({ key }) => key));
  const others = new Set(rows.flatMap(Object.keys).filter((key) => !known.has(key)));
  return [...columns, ...[...others].map((key) => guess(rows, key))];
}

/** @param {Row} row @param {string} key @param {unknown} value */
function put(row, key, value) {
  const copy = { ...row, [key]: value };
  if (value === undefined) delete copy[key];
  return copy;
}

class Rows {
  /** @param {Field} field @param {Row[]} rows @param {(rows: Row[]) => void} change */
  constructor(field, rows, change) {
    this.field = field;
    this.rows = rows;
    this.change = change;
    this.columns = columnsOf(field.columns ?? [], rows);
    this.box = make("div", { class: "gc-step-rows", role: "group", "aria-label": field.label });
    this.draw();
  }

  /** @param {Row[]} rows */
  set(rows) {
    this.rows = rows;
    this.change(rows);
  }

  draw() {
    const heads = this.columns.map(({ key, label }) =>
      make("th", { scope: "col", title: key }, label),
    );
    const table = make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...heads, make("td"))),
      make("tbody", {}, ...this.rows.map((row, at) => this.line(row, at))),
    );
    const add = this.button("plus", both("加一行", "Add a row"), () => [...this.rows, {}]);
    add.append(both("加一行", "Add a row"));
    this.box.replaceChildren(
      make("span", {}, this.field.label),
      ...(this.rows.length ? [table] : []),
      add,
    );
  }

  /** @param {Row} row @param {number} at */
  line(row, at) {
    const cells = this.columns.map((column) => {
      const cell = entry(column, row[column.key], (value) =>
        this.set(
          this.rows.map((each, number) => (number === at ? put(each, column.key, value) : each)),
        ),
      );
      cell.setAttribute("aria-label", `${column.label} ${at + 1}`);
      return make("td", {}, cell);
    });
    const gone = this.button("trash", both(`删去第 ${at + 1} 行`, `Remove row ${at + 1}`), () =>
      this.rows.filter((_each, number) => number !== at),
    );
    return make("tr", {}, ...cells, make("td", {}, gone));
  }

  /** @param {string} symbol @param {string} label @param {() => Row[]} rows what it leaves */
  button(symbol, label, rows) {
    const attributes = { type: "button", class: "gc-tool", title: label, "aria-label": label };
    const button = make("button", attributes, icon(symbol));
    button.addEventListener("click", () => {
      this.set(rows());
      this.draw();
    });
    return button;
  }
}

/**
 * @param {Field} field its columns are those of the form @param {Row[]} rows @param {(rows: Row[]) => void} change
 * @returns {HTMLElement}
 */
export function rowFields(field, rows, change) {
  return new Rows(field, rows, change).box;
}
