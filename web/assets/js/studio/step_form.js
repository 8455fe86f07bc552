// @ts-check
// A step of a scenario as fields: what is chosen comes from lists, what is filled in stands under the labels of its form.
import { make } from "../dom.js";
import { both, say } from "./language/words.js";
import { formOf, nameOf, processes } from "./outline.js";
import { local } from "./steps.js";
import { valueFields } from "./step_values.js";

/** @typedef {import("./steps.js").Step} Step */
/** @typedef {import("./studio.js").Studio} Studio */
/** @typedef {(step: Step, again: boolean) => void} Change */
/** @typedef {{value: string, label: string}} Choice */

/** @type {Choice[]} */
const TASK_STATES = [
  { value: "IS_CREATED", label: both("在办", "open") },
  { value: "IS_COMPLETED", label: both("已完成", "completed") },
  { value: "IS_CANCELED", label: both("已取消", "canceled") },
];
/** @type {Choice[]} */
const STATES = [
  { value: "IS_ACTIVE", label: both("在办", "active") },
  { value: "IS_COMPLETED", label: both("已完成", "completed") },
  { value: "IS_TERMINATED", label: both("已终止", "terminated") },
];
const ELEMENT_STATES = [
  ...STATES,
  { value: "IS_NOT_ACTIVE", label: both("不在办", "not active") },
  { value: "IS_NOT_ACTIVATED", label: both("没有走到", "not reached") },
];

/** @param {any} object @param {string[]} path @param {unknown} value */
function put(object, [name, ...rest], value) {
  const copy = Array.isArray(object) ? [...object] : { ...object };
  if (rest.length) copy[name] = put(copy[name] ?? {}, rest, value);
  else if (value === undefined) delete copy[name];
  else copy[name] = value;
  return copy;
}

/** @param {any} object @param {string[]} path */
const get = (object, path) => path.reduce((inner, name) => inner?.[name], object);

/** The process a step is about. @param {Step} step @param {string} own */
const home = (step, own) =>
  step.userTaskSelector?.processDefinitionId ??
  step.processInstanceSelector?.processDefinitionId ??
  step.processDefinitionSelector?.processDefinitionId ??
  own;

class Form {
  /** @param {Step} step @param {string} process @param {Studio} studio @param {Change} change */
  constructor(step, process, studio, change) {
    this.step = step;
    this.process = home(step, process);
    this.studio = studio;
    this.change = change;
  }

  /** @param {string[]} path @param {unknown} value @param {boolean} [again] whether other fields follow from it */
  set(path, value, again = false) {
    this.step = put(this.step, path, value);
    this.change(this.step, again);
  }

  /** @param {string} label @param {HTMLElement} field */
  row(label, field) {
    return make("label", { class: "gc-step-row" }, make("span", {}, label), field);
  }

  /** @param {string} label @param {string[]} path @param {Choice[]} choices @param {boolean} [again] */
  select(label, path, choices, again = false) {
    const value = String(get(this.step, path) ?? "");
    const known = choices.some((each) => each.value === value);
    const listed = known ? choices : [{ value, label: value || say("none") }, ...choices];
    const field = /** @type {HTMLSelectElement} */ (
      make(
        "select",
        { class: "form-select" },
        ...listed.map((each) => make("option", { value: each.value }, each.label)),
      )
    );
    field.value = value;
    field.addEventListener("change", () => this.set(path, field.value || undefined, again));
    return this.row(label, field);
  }

  /** @param {string} label @param {string[]} path @param {Record<string, string>} [attributes] */
  text(label, path, attributes = {}) {
    const value = String(get(this.step, path) ?? "");
    const field = /** @type {HTMLInputElement} */ (
      make("input", { class: "form-control", value, ...attributes })
    );
    field.addEventListener("input", () => this.set(path, field.value || undefined));
    return this.row(label, field);
  }

  /** A moment, read and written in the reader's own zone. @param {string} label @param {string[]} path */
  moment(label, path) {
    const shown = local(get(this.step, path));
    const field = /** @type {HTMLInputElement} */ (
      make("input", { class: "form-control", type: "datetime-local", value: shown })
    );
    field.addEventListener("change", () => {
      if (field.value) this.set(path, new Date(field.value).toISOString().replace(".000Z", "Z"));
      else this.set(path, undefined);
    });
    return this.row(label, field);
  }

  /** Elements of the process. @param {(type: string) => boolean} fits @returns {Choice[]} */
  elements(fits) {
    const { bundle, locale } = this.studio;
    const found = processes(bundle.files).find(({ id }) => id === this.process);
    return [...(found?.elements.values() ?? [])]
      .filter(({ type, name }) => fits(type) && (name || type === "userTask"))
      .map(({ id }) => {
        const name = nameOf(bundle.files, locale, this.process, id);
        return { value: id, label: name === id ? id : `${name} (${id})` };
      });
  }

  /** @returns {Choice[]} */
  processes() {
    const { bundle, locale, vocabulary } = this.studio;
    const own = processes(bundle.files).map(({ id }) => ({
      value: id,
      label: nameOf(bundle.files, locale, id, id),
    }));
    const ids = new Set(own.map(({ value }) => value));
    const others = /** @type {any[]} */ (vocabulary.processes ?? [])
      .filter(({ key }) => !ids.has(key))
      .map(({ key, name }) => ({ value: key, label: `${name} (${key})` }));
    return [...own, ...others];
  }

  person() {
    const people = /** @type {any[]} */ (this.studio.vocabulary.people ?? []);
    const choices = people.map(({ key, name, role }) => ({
      value: key,
      label: `${name} · ${role} (${key})`,
    }));
    return this.select(both("谁来办", "Who does it"), ["metadata", "actor"], choices);
  }

  task() {
    const path = ["userTaskSelector", "elementId"];
    const steps = this.elements((type) => type === "userTask");
    const of = ["userTaskSelector", "processDefinitionId"];
    return [
      this.select(both("流程", "Process"), of, this.processes(), true),
      this.select(both("哪一步", "Step"), path, steps, true),
    ];
  }

  /** @param {string} element of the form, empty for the start */
  values(element) {
    const form = formOf(this.studio.bundle.files, this.process, element);
    return valueFields(this.studio, form, this.step.variables ?? {}, (variables) =>
      this.set(["variables"], variables),
    );
  }

  instance() {
    const of = ["processInstanceSelector", "processDefinitionId"];
    return this.select(both("流程", "Process"), of, this.processes(), true);
  }

  /** @returns {(HTMLElement | string)[]} */
  draw() {
    const { step } = this;
    switch (step.type) {
      case "CREATE_PROCESS_INSTANCE": {
        const of = ["processDefinitionSelector", "processDefinitionId"];
        return [
          this.select(both("流程", "Process"), of, this.processes(), true),
          this.person(),
          ...this.values(""),
        ];
      }
      case "COMPLETE_USER_TASK":
        return [
          ...this.task(),
          this.person(),
          this.text(both("结果（表单里没有时）", "Outcome (where the form has none)"), [
            "metadata",
            "outcome",
          ]),
          ...this.values(step.userTaskSelector?.elementId ?? ""),
        ];
      case "SET_TIME":
        return [this.moment(both("什么时候（本机时区）", "When (your time zone)"), ["time"])];
      case "INCREASE_TIME":
        return [
          this.text(
            both(
              "过多久：P3D 是 3 天，PT2H30M 是 2 小时 30 分",
              "How long: P3D is 3 days, PT2H30M is 2 h 30 min",
            ),
            ["duration"],
          ),
        ];
      case "PUBLISH_MESSAGE":
        return [
          this.text(both("消息名", "Message"), ["name"]),
          this.text(both("关联键", "Correlation key"), ["correlationKey"]),
          ...valueFields(this.studio, "", step.variables ?? {}, (values) =>
            this.set(["variables"], values),
          ),
        ];
      case "ASSERT_USER_TASK":
        return [
          ...this.task(),
          this.select(both("应当", "Should be"), ["state"], TASK_STATES),
          this.moment(
            both("到期（本机时区，不填不核对）", "Due (your time zone; empty: not checked)"),
            ["dueDate"],
          ),
        ];
      case "ASSERT_ELEMENT_INSTANCES":
        return [
          this.instance(),
          ...(step.elementSelectors ?? []).map(
            (/** @type {any} */ _each, /** @type {number} */ at) =>
              this.select(
                both("元素", "Element"),
                ["elementSelectors", String(at), "elementId"],
                this.elements(() => true),
              ),
          ),
          this.select(both("应当", "Should be"), ["state"], ELEMENT_STATES),
        ];
      case "ASSERT_PROCESS_INSTANCE":
        return [this.instance(), this.select(both("应当", "Should be"), ["state"], STATES)];
      case "ASSERT_VARIABLES":
        return [
          this.instance(),
          ...valueFields(this.studio, "", step.variables ?? {}, (values) =>
            this.set(["variables"], values),
          ),
        ];
      default:
        return [];
    }
  }
}

/**
 * The fields of a step.
 * @param {Step} step @param {string} process that of the file @param {Studio} studio
 * @param {(step: Step, again: boolean) => void} change
 */
export function stepForm(step, process, studio, change) {
  return make("div", { class: "gc-step-form" }, ...new Form(step, process, studio, change).draw());
}
