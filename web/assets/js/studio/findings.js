// @ts-check
// What is wrong with the bundle, in words: the engine's gate, and what the open diagram's lint says. One list, worst first.
import { icon, make } from "../dom.js";
import { nameOf, processes } from "./outline.js";
import { drawWhenFree } from "./presses.js";
import { say } from "./language/words.js";

/** @typedef {{path: string, elementId: string | null, severity: string, code: string, message: string, source?: string}} Finding */

const RANK = { error: 0, warning: 1, info: 2 };
const STATES = { error: "late", warning: "soon", info: "waiting" };

export class Findings {
  /** @param {HTMLElement} box @param {import("./studio.js").Studio} studio */
  constructor(box, studio) {
    this.studio = studio;
    /** @type {Finding[]} */
    this.gate = [];
    /** @type {Map<string, Finding[]>} by the path of an open diagram */
    this.lint = new Map();
    this.head = make("h2", {});
    this.list = make("ol", { class: "plain gc-findings" });
    box.append(this.head, this.list);
    this.painter = () => this.paint();
    this.draw();
  }

  /** @param {Finding[]} found */
  judge(found) {
    this.gate = found;
    this.draw();
  }

  /** @param {string} path @param {Finding[]} found */
  advise(path, found) {
    this.lint.set(path, found);
    this.draw();
  }

  /** @param {string} path */
  forget(path) {
    if (this.lint.delete(path)) this.draw();
  }

  /** The gate's word goes before lint's about the same element. @returns {Finding[]} */
  all() {
    const judged = new Set(this.gate.filter(({ severity }) => severity === "error").map(place));
    const advice = [...this.lint.values()].flat().filter((each) => !judged.has(place(each)));
    return [...this.gate, ...advice].sort((one, other) => rank(one) - rank(other));
  }

  draw() {
    drawWhenFree(this.painter);
  }

  paint() {
    const all = this.all();
    const count = (/** @type {string} */ severity) =>
      all.filter((each) => each.severity === severity).length;
    this.head.replaceChildren(
      say("check"),
      mark(count("error"), "error"),
      mark(count("warning"), "warning"),
      make("small", {}, say(all.length ? "checkedLive" : "checkedClean")),
    );
    this.list.replaceChildren(...all.map((each) => this.row(each)));
    for (const [path, editor] of this.studio.bundle.editors)
      editor.found?.(all.filter((each) => each.path === path));
  }

  /** @param {Finding} finding */
  row(finding) {
    const { severity, message, path, elementId } = finding;
    const row = make(
      "button",
      { type: "button", class: `gc-finding is-${STATES[severity] ?? "waiting"}` },
      icon(
        severity === "error" ? "ban" : severity === "warning" ? "alert-triangle" : "info-circle",
      ),
      make(
        "b",
        {},
        say(severity === "error" ? "error" : severity === "warning" ? "warning" : "advice"),
      ),
      make("span", {}, `${this.where(finding)}${message}`),
      make("small", {}, elementId ?? path),
    );
    row.addEventListener("click", () => this.studio.show(path, elementId ?? undefined));
    return make("li", {}, row);
  }

  /** @param {Finding} finding */
  where({ path, elementId }) {
    if (!elementId) return "";
    const { files } = this.studio.bundle;
    const home = processes(files).find(
      (each) => each.path === path && each.elements.has(elementId),
    );
    const name = home && nameOf(files, this.studio.locale, home.id, elementId);
    return name && name !== elementId ? `${name}${say("colon")}` : "";
  }
}

/** @param {Finding} finding */
const rank = ({ severity, source }) => (RANK[severity] ?? 2) * 2 + (source ? 1 : 0);
/** @param {Finding} finding */
const place = ({ path, elementId }) => `${path}#${elementId}`;

/** @param {number} count @param {string} severity */
function mark(count, severity) {
  const state = count ? STATES[severity] : "done";
  const text = say(severity === "error" ? "errors" : "warnings", count);
  return make("span", { class: `gc-found is-${state}`, "data-found": severity }, text);
}
