// @ts-check
// The texts tab: every text of the bundle in both languages, what is missing marked. It writes texts/zh.json and
// texts/en.json as one types; what a diagram or form says is changed there.
import { make } from "../../dom.js";
import { say } from "../language/words.js";
import { History } from "../stacks.js";
import { missing, parsed, put, rows, spoken } from "../texts.js";

const ZH = "texts/zh.json";
const EN = "texts/en.json";
const PAGE = 300;

/** @typedef {{zh: Record<string, string>, en: Record<string, string>}} State */

class Table {
  /** @param {HTMLElement} pane @param {import("../studio.js").Studio} studio */
  constructor(pane, studio) {
    this.studio = studio;
    this.bundle = studio.bundle;
    this.opened = { [ZH]: this.bundle.files[ZH], [EN]: this.bundle.files[EN] };
    const state = { zh: parsed(this.opened[ZH]), en: parsed(this.opened[EN]) };
    this.first = state;
    /** @type {History<State>} */
    this.history = new History(state, () => this.write());
    this.shown = PAGE;
    this.build(pane);
    this.draw();
  }

  /** @param {HTMLElement} pane */
  build(pane) {
    this.search = /** @type {HTMLInputElement} */ (
      make("input", {
        class: "form-control",
        type: "search",
        placeholder: say("search"),
        "aria-label": say("search"),
      })
    );
    this.only = /** @type {HTMLInputElement} */ (
      make("input", { class: "form-check-input", type: "checkbox", name: "missing" })
    );
    this.count = make("span", { role: "status" });
    this.fresh = /** @type {HTMLInputElement} */ (
      make("input", {
        class: "form-control",
        placeholder: say("textKey"),
        "aria-label": say("textKey"),
      })
    );
    const add = make("button", { type: "submit", class: "btn btn-plain" }, say("addText"));
    const form = make("form", { class: "gc-wrap" }, this.fresh, add);
    this.body = make("tbody");
    const head = ["key", "chinese", "english"].map((name) =>
      make("th", { scope: "col" }, say(/** @type {any} */ (name))),
    );
    const label = make("label", { class: "gc-wrap" }, this.only, say("missingOnly"));
    pane.append(
      make("div", { class: "gc-texts-bar" }, this.search, label, this.count, form),
      make("table", { class: "gc-texts" }, make("thead", {}, make("tr", {}, ...head)), this.body),
    );
    this.search.addEventListener("input", () => this.draw());
    this.only.addEventListener("change", () => this.draw());
    form.addEventListener("submit", (event) => this.add(event));
    pane.addEventListener("scroll", () => this.more(pane), { passive: true });
    this.body.addEventListener("input", (event) => this.type(/** @type {any} */ (event.target)));
  }

  /** @param {Event} event */
  add(event) {
    event.preventDefault();
    const key = this.fresh?.value.trim();
    if (!key || !this.search || !this.fresh) return;
    this.extra = key;
    this.search.value = key;
    this.fresh.value = "";
    this.draw();
    /** @type {HTMLElement | null | undefined} */ (this.body?.querySelector("textarea"))?.focus();
  }

  /** Long tables are drawn as far as they are read. @param {HTMLElement} pane */
  more(pane) {
    if (pane.scrollTop + pane.clientHeight < pane.scrollHeight - 400) return;
    if (this.shown >= (this.total ?? 0)) return;
    this.shown += PAGE;
    this.draw(false);
  }

  all() {
    const { zh, en } = this.history.value;
    const all = rows(spoken(this.bundle.files), zh, en);
    if (this.extra && !all.some(({ key }) => key === this.extra))
      all.push({ key: this.extra, drawn: "", zh: "", en: "" });
    return all;
  }

  /** @param {boolean} [anew] from the top */
  draw(anew = true) {
    const all = this.all();
    const wanted = (this.search?.value ?? "").toLowerCase();
    const found = all.filter((row) => {
      const text = `${row.key}\n${row.drawn}\n${row.zh}\n${row.en}`.toLowerCase();
      return text.includes(wanted) && (!this.only?.checked || missing(row));
    });
    if (anew) this.shown = PAGE;
    this.total = found.length;
    const count = all.filter(missing).length;
    if (this.count) this.count.textContent = count ? say("missing", count) : say("nothingMissing");
    this.count?.classList.toggle("is-late", count > 0);
    this.body?.replaceChildren(...found.slice(0, this.shown).map((row) => this.row(row)));
  }

  /** @param {import("../texts.js").Row} row */
  row(row) {
    const { key, drawn } = row;
    const chinese =
      drawn && !row.zh ? make("div", { title: say("inDiagram") }, drawn) : this.area(row, "zh");
    const line = make(
      "tr",
      { "data-key": key },
      make("th", { scope: "row" }, key),
      make("td", {}, chinese),
      make("td", {}, this.area(row, "en")),
    );
    line.classList.toggle("is-late", missing(row));
    return line;
  }

  /** @param {import("../texts.js").Row} row @param {"zh" | "en"} language */
  area(row, language) {
    const text = row[language];
    const rowsShown = String(
      Math.min(Math.max(Math.ceil(text.length / (language === "zh" ? 22 : 40)), 1), 6),
    );
    const label = `${row.key} ${say(language === "zh" ? "chinese" : "english")}`;
    return make(
      "textarea",
      { rows: rowsShown, "data-language": language, "aria-label": label },
      text,
    );
  }

  /** @param {HTMLTextAreaElement} area */
  type(area) {
    const line = /** @type {HTMLElement} */ (area.closest("tr"));
    const key = line.dataset.key ?? "";
    const language = area.dataset.language === "zh" ? "zh" : "en";
    const state = this.history.value;
    this.history.push(
      { ...state, [language]: put(state[language], key, area.value) },
      `${language} ${key}`,
    );
    const row = this.all().find((each) => each.key === key);
    line.classList.toggle("is-late", !row || missing(row));
  }

  /** Into the bundle's files, as they were where nothing has changed. */
  write() {
    const { zh, en } = this.history.value;
    this.set(ZH, zh, this.first.zh);
    this.set(EN, en, this.first.en);
    this.bundle.changed();
  }

  /** @param {string} path @param {Record<string, string>} texts @param {Record<string, string>} first */
  set(path, texts, first) {
    const text = `${JSON.stringify(texts, null, 2)}\n`;
    if (texts === first && this.opened[path] === undefined) delete this.bundle.files[path];
    else this.bundle.files[path] = texts === first ? this.opened[path] : text;
  }
}

/** @type {import("../tabs.js").Open} */
export async function open(pane, _path, studio) {
  const table = new Table(pane, studio);
  const move = (/** @type {number} */ by) => {
    table.history.move(by);
    table.draw(false);
  };
  const { history } = table;
  return {
    text: () => "",
    dirty: () => false, // what is typed is in the bundle already
    mark: () => null,
    clean: () => {},
    undo: () => move(-1),
    redo: () => move(1),
    canUndo: () => history.at > 0,
    canRedo: () => history.at < history.states.length - 1,
    shown: async () => {
      await studio.bundle.flush();
      table.draw();
    },
    select: (id) => {
      if (table.search) table.search.value = id;
      table.draw();
    },
  };
}
