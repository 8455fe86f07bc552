// @ts-check
// The variables a cell may use: what is known at the steps that call the decision, the table's own columns, and what every
// expression sees.
import { environment } from "../diagram/variables.js";
import { processes } from "../outline.js";

/** Names of a table's own columns and of the decisions it needs. @param {string} xml @returns {string[]} */
function columns(xml) {
  const tree = new DOMParser().parseFromString(xml, "application/xml");
  const texts = [...tree.getElementsByTagNameNS("*", "inputExpression")].map((each) =>
    (each.textContent ?? "").trim(),
  );
  return texts.filter((text) => /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(text));
}

export class DecisionVariables {
  /** @param {import("../studio.js").Studio} studio @param {string} path */
  constructor(studio, path) {
    this.studio = studio;
    this.path = path;
  }

  /** What is known at the steps that call a decision of the file. @returns {string[]} */
  known() {
    const { bundle, vocabulary } = this.studio;
    const text = bundle.files[this.path] ?? "";
    const callers = processes(bundle.files).flatMap(({ elements }) =>
      [...elements.values()].filter(
        ({ decision }) => decision && text.includes(`id="${decision}"`),
      ),
    );
    return callers.flatMap(({ id }) => vocabulary.variables?.[id] ?? []);
  }

  /** Joins the variables the table's view knows by itself, where it has any. */
  get join() {
    const join = (/** @type {any} */ injector) => {
      injector.get("variableResolver", false)?.registerProvider(this);
      return this;
    };
    join.$inject = ["injector"];
    return join;
  }

  /** @param {{name: string}[]} listed */
  getVariables(listed) {
    const known = new Set(listed.map(({ name }) => name));
    const own = columns(this.studio.bundle.files[this.path] ?? "");
    const names = [...new Set([...own, ...this.known()])].filter((name) => !known.has(name)).sort();
    return [...listed, ...names.map((name) => ({ name })), ...environment(this.studio.vocabulary)];
  }
}
