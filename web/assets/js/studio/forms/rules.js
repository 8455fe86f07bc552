// @ts-check
// Beside the stock panel of the form editor: what our procedures say about a field (`properties` of the field).
import { make } from "../../dom.js";
import { both, say } from "../language/words.js";

/** @typedef {{name: string, label: string, help?: string, choices?: [string, string, string][], on: (field: any) => boolean}} Rule */

const input = ({ type, key, path }) => Boolean(key || path) || type === "documents";
/** @param {...string} types */
const of =
  (...types) =>
  (/** @type {any} */ { type }) =>
    types.includes(type);

/** @type {Rule[]} */
const RULES = [
  {
    name: "record",
    label: both("归入记录", "Record it feeds"),
    help: both("记录的键，如 renovation_permit", "Key of the record, such as renovation_permit"),
    on: input,
  },
  {
    name: "clause",
    label: both("出处", "Clause"),
    help: both("制度条款；自定写【设】", "Where it comes from; 【设】 when set by the company"),
    on: () => true,
  },
  {
    name: "requiredWhen",
    label: both("何时必填", "Required when"),
    help: both('表达式，如 =outcome = "return"', 'Expression, such as =outcome = "return"'),
    on: input,
  },
  {
    name: "personal",
    label: both("个人信息", "Personal data"),
    choices: [
      ["name", "姓名", "Name"],
      ["phone", "电话", "Telephone"],
      ["id_number", "证件号码", "ID number"],
      ["address", "地址", "Address"],
    ],
    on: of("textfield", "textarea", "signature", "photo"),
  },
  {
    name: "moment",
    label: both("时刻", "Moment"),
    choices: [["past", "只能是过去的", "Must lie in the past"]],
    on: of("datetime"),
  },
  {
    name: "format",
    label: both("显示为", "Shown as"),
    choices: [["money", "金额", "Money"]],
    on: of("expression", "number"),
  },
  {
    name: "fill",
    label: both("选定房号后带出", "Filled in from the unit"),
    choices: [
      ["owner.name", "业主姓名", "Owner’s name"],
      ["owner.phone", "业主电话", "Owner’s telephone"],
    ],
    on: of("textfield"),
  },
  {
    name: "documentsOptionalWhen",
    label: both("何时可以不交", "Optional when"),
    help: both("表达式", "Expression"),
    on: of("documents"),
  },
];

/** Whether a field must be filled in, and where its rows come from: the stock panel has no entry for our types. */
const EXTRA = [
  {
    path: ["validate", "required"],
    label: both("必填", "Required"),
    kind: "checkbox",
    on: of("unit", "person", "money", "signature", "photo", "documents", "dynamiclist"),
  },
  {
    path: ["valuesExpression"],
    label: both("资料从哪里来（表达式）", "Where the documents come from (expression)"),
    kind: "text",
    on: of("documents"),
  },
];

/** @param {any} field @param {string[]} path */
const read = (field, path) => path.reduce((value, key) => value?.[key], field);

/** A copy with a value set, or taken away. @param {any} object @param {string[]} path @param {any} value @returns {any} */
function put(object, [key, ...rest], value) {
  const inner = rest.length ? put(object?.[key], rest, value) : value;
  const { [key]: _old, ...others } = object ?? {};
  const empty =
    inner === undefined ||
    inner === "" ||
    inner === false ||
    (rest.length && !Object.keys(inner).length);
  if (!empty)
    return key in (object ?? {}) ? { ...object, [key]: inner } : { ...others, [key]: inner };
  return others;
}

export class Rules {
  /** @param {HTMLElement} box @param {any} editor @param {string[]} records known in the bundle */
  constructor(box, editor, records) {
    this.box = box;
    this.editor = editor;
    this.records = records;
    editor.on("selection.changed", ({ selection }) => this.show(selection));
    editor.on("commandStack.changed", () => this.show(this.field));
    this.show(null);
  }

  /** @param {any} field */
  show(field) {
    const kept = field && this.editor.get("formFieldRegistry").get(field.id);
    const typing = this.box.contains(document.activeElement) && kept && kept.id === this.field?.id;
    this.field = kept;
    if (typing) return;
    const usable = kept && kept.type !== "default";
    const rows = usable
      ? [
          ...EXTRA.filter(({ on }) => on(kept)).map((extra) => this.extra(extra)),
          ...RULES.filter(({ on }) => on(kept)).map((rule) => this.rule(rule)),
        ]
      : [make("p", { class: "gc-rules-empty" }, say("noField"))];
    this.box.replaceChildren(make("h2", {}, say("rules")), ...rows);
  }

  /** @param {Rule} rule */
  rule({ name, label, help, choices }) {
    const value = this.field.properties?.[name] ?? "";
    const control = choices
      ? select(value, choices)
      : make("input", { type: "text", value, list: name === "record" ? "gc-records" : "" });
    control.setAttribute("class", choices ? "form-select" : "form-control");
    control.setAttribute("name", name);
    control.addEventListener("change", () =>
      this.write(["properties", name], /** @type {any} */ (control).value.trim()),
    );
    const parts = [label, control, ...(help ? [make("small", {}, help)] : [])];
    if (name === "record")
      parts.push(
        make(
          "datalist",
          { id: "gc-records" },
          ...this.records.map((each) => make("option", { value: each })),
        ),
      );
    return make("label", {}, ...parts);
  }

  /** @param {any} extra */
  extra({ path, label, kind }) {
    const value = read(this.field, path);
    const control = /** @type {HTMLInputElement} */ (
      make("input", {
        type: kind,
        class: kind === "text" ? "form-control" : "form-check-input",
        name: path.join("."),
      })
    );
    if (kind === "checkbox") control.checked = Boolean(value);
    else control.value = value ?? "";
    control.addEventListener("change", () =>
      this.write(path, kind === "checkbox" ? control.checked : control.value.trim()),
    );
    return kind === "checkbox"
      ? make("label", { class: "gc-check-row" }, control, label)
      : make("label", {}, label, control);
  }

  /** One step of the editor's undo. @param {string[]} path @param {any} value */
  write(path, value) {
    const [key] = path;
    const fresh = put(this.field, path, value)[key];
    this.editor.get("modeling").editFormField(this.field, key, fresh);
  }
}

/** @param {string} value @param {[string, string, string][]} choices */
function select(value, choices) {
  const options = choices.map(([each, zh, en]) =>
    make("option", { value: each, ...(each === value && { selected: "" }) }, both(zh, en)),
  );
  return make("select", {}, make("option", { value: "" }, say("none")), ...options);
}
