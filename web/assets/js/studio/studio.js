// @ts-check
// The editor page: tabs over one bundle, each with its tool, which is loaded when it is first opened.
import { make } from "../dom.js";
import { timeOfDay } from "../words.js";
import { Bundle } from "./bundle.js";
import { resolve } from "./conflicts.js";
import { Copies } from "./copies.js";
import { ask } from "./dialogs.js";
import { Conflict, Draft, Invalid } from "./drafts.js";
import { Findings } from "./findings.js";
import { openForm } from "./paperwork.js";
import { drawWhenFree } from "./presses.js";
import { Shelf } from "./shelf.js";
import { style } from "./styles.js";
import { TABS, tabOf } from "./tabs.js";
import { say } from "./language/words.js";

const PAUSE = 600; // milliseconds after the last change before it is checked and kept
const AGAIN = 4000; // milliseconds until the gate is asked again when it could not answer

/** The process an element lies in. @param {any} element @returns {string} */
function home({ businessObject }) {
  let object = businessObject;
  while (object.$parent && !object.$instanceOf("bpmn:Process")) object = object.$parent;
  return object.id;
}

export class Studio {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.locale = root.dataset.locale === "en" ? "en" : "zh";
    this.family = root.dataset.family ?? "";
    this.draft = new Draft(root.dataset);
    this.copies = new Copies(root.dataset.key ?? "", root.dataset.actor ?? "");
    this.bundle = new Bundle();
    /** @type {Partial<import("./vocabulary.js").Vocabulary>} */
    this.vocabulary = {};
    this.path = "";
    /** @type {Map<string, HTMLElement>} */
    this.panes = new Map();
    /** @type {Map<string, Promise<void>>} until the tool of a pane is there */
    this.openings = new Map();
    this.painter = () => this.draw();
    this.build();
    this.listen();
  }

  build() {
    const desk = /** @type {HTMLElement} */ (this.root.querySelector("[data-desk]"));
    this.stage = make("div", { class: "gc-stage" });
    const below = make("section", { class: "gc-check", "aria-label": say("check") });
    this.shelf = new Shelf(this);
    desk.className = "gc-bench";
    desk.append(this.shelf.tabs, this.shelf.files, this.stage, below);
    this.findings = new Findings(below, this);
    this.state = /** @type {HTMLElement} */ (this.root.querySelector("[data-save-state]"));
  }

  listen() {
    const act = (/** @type {string} */ name, /** @type {() => void} */ listener) =>
      this.root.querySelector(`[data-act-${name}]`)?.addEventListener("click", listener);
    act("undo", () => this.editor?.undo());
    act("redo", () => this.editor?.redo());
    act("save", () => this.save());
    this.bundle.addEventListener("change", () => this.changed());
    this.bundle.addEventListener("closed", (event) => this.drop(/** @type {any} */ (event).detail));
    addEventListener("keydown", (event) => this.key(event), true);
    addEventListener("beforeunload", (event) => {
      if (this.bundle.dirtyPaths().length) event.preventDefault();
    });
    addEventListener("pagehide", () => this.keep());
    addEventListener("hashchange", () => this.follow());
  }

  async start() {
    const [draft, vocabulary] = await Promise.all([
      this.draft.read(),
      this.draft.vocabulary().catch(() => ({})),
    ]);
    this.vocabulary = vocabulary;
    const copy = this.copies.find(draft.files);
    this.bundle.take(draft);
    if (copy) await this.offer(copy);
    await this.follow();
    this.root.dataset.ready = "1";
  }

  /** What was typed and not saved: take it up again, or not. @param {import("./copies.js").Copy} copy */
  async offer(copy) {
    const paths = Object.keys(copy.changes).join(say("comma"));
    const text = say("unsavedText", timeOfDay(new Date(copy.at)), paths);
    const { choice } = await ask(
      say("unsavedTitle"),
      [make("p", {}, text)],
      [
        ["yes", say("restore")],
        ["no", say("discard")],
      ],
    );
    if (choice === "no") return this.copies.drop();
    this.bundle.version = copy.version; // older than the server's: saving will ask, nobody is overwritten
    this.bundle.restore(copy.changes);
  }

  /** Open what the address names, else the first diagram. */
  follow() {
    const [path, element] = decodeURIComponent(location.hash.slice(1)).split("@");
    const known = tabOf(path) && (path in this.bundle.files || path === "texts/");
    return this.show(known ? path : this.bundle.list(TABS[0].pattern)[0], element);
  }

  get editor() {
    return this.bundle.editors.get(this.path);
  }

  /** Bring a file into view, and an element of it. @param {string | undefined} path @param {string} [element] */
  async show(path, element) {
    const tab = path && tabOf(path);
    if (!tab) return;
    const place = tab.place?.(path) ?? path;
    if (!tab.place && !(place in this.bundle.files)) return;
    this.path = place;
    history.replaceState(null, "", `#${place}`);
    for (const [each, pane] of this.panes) pane.hidden = each !== place;
    this.paint();
    await this.mount(tab, place);
    if (this.path !== place) return;
    await this.editor?.shown?.();
    if (this.path !== place) return;
    if (element) this.editor?.select?.(element);
    this.paint();
  }

  /** Whoever asks for a file that is still opening waits for it too. @param {import("./tabs.js").Tab} tab @param {string} path */
  mount(tab, path) {
    if (!this.panes.has(path)) this.openings.set(path, this.open(tab, path));
    return this.openings.get(path);
  }

  /** The pane says that it is busy until its tool is there. @param {import("./tabs.js").Tab} tab @param {string} path */
  async open(tab, path) {
    const attributes = {
      class: `gc-pane gc-pane-${tab.id}`,
      "data-pane": path,
      "aria-busy": "true",
    };
    const pane = make("div", attributes);
    const givenUp = () => this.panes.get(path) !== pane; // the file was replaced or thrown away meanwhile
    pane.append(make("p", { class: "gc-pad gc-loading-text" }, say("opening")));
    this.panes.set(path, pane);
    this.stage?.append(pane);
    try {
      const css = tab.css && this.root.dataset[tab.css];
      const [{ open }] = await Promise.all([tab.load(), css ? style(css) : null]);
      if (givenUp()) return;
      pane.replaceChildren();
      const editor = await open(pane, path, this);
      if (givenUp()) return editor.destroy?.();
      this.bundle.open(path, editor);
      this.findings?.draw();
    } catch (error) {
      console.error(error);
      pane.replaceChildren(this.broken(path, /** @type {Error} */ (error)));
    }
    pane.removeAttribute("aria-busy");
  }

  /** A file its tool cannot read is shown as text, so that it can be mended. @param {string} path @param {Error} error */
  broken(path, error) {
    const note = make("p", { class: "gc-note is-late" }, say("notOpened", error.message));
    const button = make("button", { type: "button", class: "btn btn-plain" }, say("asText"));
    button.addEventListener("click", async () => {
      const { open } = await import("./tabs/plain.js");
      const pane = this.panes.get(path);
      pane?.replaceChildren();
      if (pane) this.bundle.open(path, await open(pane, path, this));
    });
    return make("div", { class: "gc-pad" }, note, button);
  }

  /**
   * Open what a field of the panel names; a step's form is made when there is none.
   * @param {string} kind @param {string} value @param {any} element @param {(value: string) => void} set
   */
  async openNamed(kind, value, element, set) {
    if (kind === "form") {
      const id = value || `${home(element)}.${element.id}`;
      if (!value) set(id);
      return openForm(this, id);
    }
    const files = this.bundle.list(kind === "decision" ? /\.dmn$/ : /\.bpmn$/);
    const tag = kind === "decision" ? "decision" : "process";
    const named = new RegExp(`<(?:\\w+:)?${tag} [^>]*id="${value}"`);
    await this.show(files.find((path) => named.test(this.bundle.files[path])));
  }

  /** @param {string} path */
  drop(path) {
    this.panes.get(path)?.remove();
    this.panes.delete(path);
    this.openings.delete(path);
    this.findings?.forget(path);
  }

  changed() {
    clearTimeout(this.painting);
    this.painting = setTimeout(() => this.paint(), 30);
    clearTimeout(this.checking);
    this.checking = setTimeout(() => this.check(), PAUSE);
  }

  paint() {
    drawWhenFree(this.painter);
  }

  draw() {
    const dirty = this.bundle.dirtyPaths();
    const able = (/** @type {string} */ name, /** @type {boolean | undefined} */ can) =>
      this.root.querySelector(`[data-act-${name}]`)?.toggleAttribute("disabled", !can);
    able("undo", this.editor?.canUndo());
    able("redo", this.editor?.canRedo());
    able("save", dirty.length > 0);
    this.shelf?.paint(dirty);
    if (this.state && dirty.length) this.state.textContent = say("unsavedFiles", dirty.length);
  }

  async keep() {
    const changes = await this.bundle.changes();
    if (!this.copies.keep(this.bundle.version, changes)) this.tell(say("noCopy"), true);
    return changes;
  }

  /** Keep what was typed in this browser and ask the gate; one question at a time, the last state wins. */
  async check() {
    if (this.asking) return (this.again = true);
    this.asking = true;
    clearTimeout(this.retry);
    try {
      const changes = await this.keep();
      this.findings?.judge(await this.draft.check(changes));
    } catch {
      this.retry = setTimeout(() => this.check(), AGAIN); // busy or offline: what was typed is kept already
    }
    this.asking = false;
    if (this.again) this.check();
    this.again = false;
  }

  /** Save; what is asked for while an earlier saving goes on follows it. */
  async save() {
    if (this.saving) return (this.unsaved = true);
    this.saving = true;
    this.tell(say("saving"));
    try {
      const answer = await this.bundle.save((version, changes) =>
        this.draft.write(version, changes),
      );
      if (answer.findings) this.findings?.judge(answer.findings);
      this.copies.drop();
      this.tell(say("savedAt", timeOfDay()));
      this.draft.vocabulary().then((fresh) => Object.assign(this.vocabulary, fresh));
    } catch (error) {
      await this.refused(error);
    }
    this.saving = false;
    this.paint();
    const asked = this.unsaved && this.bundle.dirtyPaths().length > 0;
    this.unsaved = false;
    if (asked) await this.save();
  }

  /** @param {unknown} error */
  async refused(error) {
    this.tell(say("notSaved"), true);
    if (error instanceof Conflict) return resolve(this, error.answer);
    if (!(error instanceof Invalid)) return this.tell(say("notSavedOffline"), true);
    const refusals = Object.entries(error.errors).flatMap(([path, messages]) =>
      messages.map((message) => ({
        path,
        elementId: null,
        severity: "error",
        code: "refused",
        message,
      })),
    );
    this.findings?.judge([...refusals, ...(this.findings?.gate ?? [])]);
  }

  /** @param {string} text @param {boolean} [bad] */
  tell(text, bad = false) {
    if (!this.state) return;
    this.state.textContent = text;
    this.state.classList.toggle("is-late", bad);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    if (document.querySelector("dialog[open]")) return;
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    this.save();
  }
}
