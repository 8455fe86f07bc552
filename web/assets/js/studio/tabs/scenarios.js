// @ts-check
// The scenarios tab: cases of a file, their steps as a table, and the chosen step as fields; below them its JSON, for what
// has no field.
import { icon, make } from "../../dom.js";
import { say } from "../language/words.js";
import { History, historyEditor } from "../stacks.js";
import { stepForm } from "../step_form.js";
import { KINDS, reading } from "../steps.js";

/** @typedef {import("../steps.js").Step} Step */
/** @typedef {{name: string, description?: string, instructions: Step[], metadata?: any}} Case */
/** @typedef {{processId: string, testCases: Case[]}} Suite */

/** @param {string} symbol @param {string} label @param {() => void} listener */
function tool(symbol, label, listener) {
  const attributes = { type: "button", class: "gc-tool", title: label, "aria-label": label };
  const button = make("button", attributes, icon(symbol));
  button.addEventListener("click", listener);
  return button;
}

class Cases {
  /** @param {HTMLElement} pane @param {string} path @param {import("../studio.js").Studio} studio */
  constructor(pane, path, studio) {
    this.pane = pane;
    this.studio = studio;
    /** @type {Suite} */
    this.opened = JSON.parse(studio.bundle.files[path]);
    if (!Array.isArray(this.opened.testCases)) throw new Error("testCases");
    /** @type {History<Suite>} */
    this.history = new History(this.opened, () => studio.bundle.changed());
    this.at = 0;
    this.step = 0;
    this.list = make("div", { class: "gc-cases" });
    this.body = make("div", { class: "gc-case" });
    pane.append(this.list, this.body);
    this.draw();
  }

  get suite() {
    return this.history.value;
  }

  get current() {
    return this.suite.testCases[this.at];
  }

  /** @param {Case[]} testCases @param {string} [field] */
  put(testCases, field) {
    this.history.push({ ...this.suite, testCases }, field);
  }

  /** @param {Partial<Case>} changes @param {string} [field] */
  change(changes, field) {
    this.put(
      this.suite.testCases.map((each, at) => (at === this.at ? { ...each, ...changes } : each)),
      field,
    );
  }

  draw() {
    this.at = Math.max(0, Math.min(this.at, this.suite.testCases.length - 1));
    this.drawCases();
    if (this.current) this.drawCase();
    else this.body.replaceChildren();
  }

  drawCases() {
    const items = this.suite.testCases.map(({ name }, at) => {
      const button = make(
        "button",
        { type: "button", class: "gc-file" },
        make("span", { title: name }, name || `${at + 1}`),
      );
      if (at === this.at) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => {
        [this.at, this.step] = [at, 0];
        this.draw();
      });
      return make("li", {}, button);
    });
    const add = tool("plus", say("newCase"), () =>
      this.addCase({ name: say("newCase"), description: "", instructions: [] }),
    );
    this.list.replaceChildren(
      make("h2", {}, say("cases"), add),
      make("ul", { class: "plain" }, ...items),
    );
  }

  /** @param {Case} fresh */
  addCase(fresh) {
    this.at = this.suite.testCases.length;
    this.step = 0;
    this.put([...this.suite.testCases, fresh]);
    this.draw();
  }

  removeCase() {
    this.put(this.suite.testCases.filter((_each, at) => at !== this.at));
    this.draw();
  }

  drawCase() {
    const { name, description = "" } = this.current;
    const copy = tool("copy", say("copyCase"), () =>
      this.addCase(structuredClone({ ...this.current, name: `${name} 2` })),
    );
    const head = make(
      "h2",
      {},
      name,
      make(
        "span",
        {},
        copy,
        tool("trash", say("deleteCase"), () => this.removeCase()),
      ),
    );
    this.detail = make("div", { class: "gc-step" });
    this.table = make("tbody");
    const columns = ["", say("steps"), say("at"), say("actor"), say("what")];
    const table = make(
      "table",
      { class: "gc-steps" },
      make(
        "thead",
        {},
        make("tr", {}, ...columns.map((each) => make("th", { scope: "col" }, each))),
      ),
      this.table,
    );
    this.body.replaceChildren(
      head,
      make(
        "div",
        { class: "gc-case-words" },
        this.field("caseName", "name", name),
        this.field("caseText", "description", description),
      ),
      make("div", { class: "gc-steps-box" }, table, this.adder()),
      this.detail,
    );
    this.drawSteps();
  }

  /** @param {"caseName" | "caseText"} label @param {"name" | "description"} key @param {string} value */
  field(label, key, value) {
    const input = /** @type {HTMLInputElement} */ (
      make("input", { class: "form-control", value, name: key })
    );
    input.addEventListener("input", () => {
      this.change({ [key]: input.value }, key);
      this.drawCases();
    });
    return make("label", {}, say(label), input);
  }

  adder() {
    const options = Object.entries(KINDS).map(([type, { name }]) =>
      make("option", { value: type }, name),
    );
    const select = /** @type {HTMLSelectElement} */ (
      make(
        "select",
        { class: "form-select", "aria-label": say("addStep") },
        make("option", { value: "" }, say("addStep")),
        ...options,
      )
    );
    select.addEventListener("change", () => {
      const step = { type: select.value, ...KINDS[select.value].fresh(this.suite.processId) };
      const { instructions } = this.current;
      const at = instructions.length ? this.step + 1 : 0;
      this.steps(
        instructions.toSpliced?.(at, 0, step) ?? [
          ...instructions.slice(0, at),
          step,
          ...instructions.slice(at),
        ],
        at,
      );
    });
    return select;
  }

  /** @param {Step[]} instructions @param {number} at which is chosen then */
  steps(instructions, at) {
    this.step = Math.max(0, Math.min(at, instructions.length - 1));
    this.change({ instructions });
    this.drawCase();
  }

  /** @param {number} by */
  move(by) {
    const instructions = [...this.current.instructions];
    const [step] = instructions.splice(this.step, 1);
    instructions.splice(this.step + by, 0, step);
    this.steps(instructions, this.step + by);
  }

  drawSteps() {
    const rows = this.current.instructions.map((step, at) => {
      const { kind, where, actor, what } = reading(step, this.studio, this.suite.processId);
      const choose = make("button", { type: "button", class: "gc-step-kind" }, kind);
      const row = make(
        "tr",
        { "data-step": String(at) },
        make("td", {}, String(at + 1)),
        make("td", {}, choose),
        make("td", {}, where),
        make("td", {}, actor),
        make("td", {}, what),
      );
      if (at === this.step) row.setAttribute("aria-current", "true");
      row.addEventListener("click", () => {
        this.step = at;
        this.drawSteps();
      });
      return row;
    });
    this.table?.replaceChildren(...rows);
    this.drawStep();
  }

  drawStep() {
    const step = this.current.instructions[this.step];
    if (!step) return this.detail?.replaceChildren();
    const area = /** @type {HTMLTextAreaElement} */ (
      make("textarea", {
        class: "gc-plain",
        rows: "12",
        spellcheck: "false",
        "aria-label": say("stepJson"),
      })
    );
    area.value = JSON.stringify(step, null, 2);
    const wrong = make("p", { class: "gc-wrong is-late", role: "alert" });
    area.addEventListener("input", () => this.type(area, wrong));
    const tools = make(
      "span",
      {},
      tool("arrow-up", say("moveUp"), () => this.move(-1)),
      tool("arrow-down", say("moveDown"), () => this.move(1)),
      tool("trash", say("deleteStep"), () =>
        this.steps(
          this.current.instructions.filter((_each, at) => at !== this.step),
          this.step,
        ),
      ),
    );
    const fields = (KINDS[step.type]?.fields ?? []).flatMap(([name, help]) => [
      make("dt", {}, name),
      make("dd", {}, help),
    ]);
    const source = make(
      "details",
      { class: "gc-step-source" },
      make("summary", {}, say("stepJson")),
      make(
        "div",
        { class: "gc-step-edit" },
        make("div", {}, area, wrong),
        make("dl", {}, ...fields),
      ),
    );
    const form = stepForm(step, this.suite.processId, this.studio, (fresh, again) => {
      area.value = JSON.stringify(fresh, null, 2);
      this.type(area, wrong);
      if (again) this.drawStep();
    });
    this.detail?.replaceChildren(
      make("h2", {}, `${this.step + 1} ${KINDS[step.type]?.name ?? step.type}`, tools),
      make("div", { class: "gc-step-body" }, form, source),
    );
  }

  /** @param {HTMLTextAreaElement} area @param {HTMLElement} wrong */
  type(area, wrong) {
    try {
      const step = JSON.parse(area.value);
      const instructions = this.current.instructions.map((each, at) =>
        at === this.step ? step : each,
      );
      this.change({ instructions }, `step ${this.at} ${this.step}`);
      wrong.textContent = "";
      const row = this.table?.querySelector(`[data-step="${this.step}"]`);
      const { where, actor, what } = reading(step, this.studio, this.suite.processId);
      [where, actor, what].forEach((text, at) => row && (row.children[at + 2].textContent = text));
    } catch (error) {
      wrong.textContent = say("notJson", /** @type {Error} */ (error).message);
    }
  }
}

/** @type {import("../tabs.js").Open} */
export async function open(pane, path, studio) {
  const original = studio.bundle.files[path];
  const cases = new Cases(pane, path, studio);
  const text = (/** @type {Suite} */ suite) =>
    suite === cases.opened ? original : `${JSON.stringify(suite, null, 2)}\n`;
  return historyEditor(cases.history, text, () => cases.draw());
}
