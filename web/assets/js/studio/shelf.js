// @ts-check
// The tabs and, beside the open tool, the files of its tab: which are open, changed, new, without use; new ones are made here.
import { icon, make } from "../dom.js";
import { create, remove, rename } from "./paperwork.js";
import { inOrder, nameOf, processes, stepOf } from "./outline.js";
import { NAMES, TABS, tabOf } from "./tabs.js";
import { say } from "./language/words.js";

export class Shelf {
  /** @param {import("./studio.js").Studio} studio */
  constructor(studio) {
    this.studio = studio;
    this.tabs = make("div", { class: "gc-tabs", role: "tablist", "aria-label": say("tabs") });
    this.files = make("aside", { class: "gc-files", "aria-label": say("files") });
    this.tabs.addEventListener("keydown", (event) => this.walk(event));
    /** @type {Map<string, string>} the file last open in each tab */
    this.last = new Map();
  }

  /** @param {string} id @returns {string[]} places of a tab */
  places(id) {
    const { bundle } = this.studio;
    const places = TABS.filter((tab) => tab.id === id).flatMap((tab) => {
      const paths = bundle.list(tab.pattern);
      return tab.place ? [...new Set([...paths, "texts/en.json"].map(tab.place))] : paths;
    });
    return id === "forms" ? inOrder(bundle.files, places) : places;
  }

  /** @param {string[]} dirty */
  paint(dirty) {
    const { path } = this.studio;
    const current = tabOf(path);
    if (current) this.last.set(current.id, path);
    const changed = (/** @type {string} */ place) =>
      dirty.some((each) => (tabOf(each)?.place?.(each) ?? each) === place);
    const tabs = NAMES.map((id) => this.tab(id, id === current?.id, changed));
    redraw(this.tabs, "data-tab", tabs);
    redraw(this.files, "data-file", current ? this.list(current, changed, dirty) : []);
  }

  /** @param {string} id @param {boolean} on @param {(place: string) => boolean} changed */
  tab(id, on, changed) {
    const places = this.places(id);
    const button = make(
      "button",
      {
        type: "button",
        role: "tab",
        "aria-selected": String(on),
        tabindex: on ? "0" : "-1",
        "data-tab": id,
      },
      icon(TABS.find((tab) => tab.id === id)?.icon ?? "file-text"),
      say(/** @type {any} */ (id)),
      make("small", {}, String(places.length)),
    );
    if (places.some(changed)) button.append(make("i", { title: say("unsaved") }, "●"));
    button.addEventListener("click", () => this.choose(id));
    return button;
  }

  /** @param {string} id */
  choose(id) {
    const places = this.places(id);
    const last = this.last.get(id) ?? "";
    const place = places.includes(last) ? last : places[0];
    if (place) return this.studio.show(place);
    const tab = TABS.find((each) => each.id === id);
    if (tab?.folder) create(this.studio, tab);
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = NAMES.indexOf(tabOf(this.studio.path)?.id ?? "");
    this.choose(NAMES[(at + step + NAMES.length) % NAMES.length]);
    /** @type {any} */ (this.tabs.querySelector("[aria-selected=true]"))?.focus();
  }

  /** @param {import("./tabs.js").Tab} tab @param {(place: string) => boolean} changed @param {string[]} dirty */
  list(tab, changed, dirty) {
    const gone = dirty.filter((path) => !(path in this.studio.bundle.files));
    const items = this.places(tab.id).map((place) => this.file(place, changed(place)));
    const removed = gone
      .filter((path) => tabOf(path)?.id === tab.id)
      .map((path) => this.gone(path));
    const head = make("h2", {}, say("files"));
    if (tab.folder)
      head.append(this.button("plus", say("newFile"), () => create(this.studio, tab)));
    return [head, make("ul", { class: "plain" }, ...items, ...removed)];
  }

  /** @param {string} place @param {boolean} changed */
  file(place, changed) {
    const { bundle, locale, path } = this.studio;
    const fresh = place in bundle.files && !(place in bundle.saved);
    const [title, detail] = titles(place, bundle.files, locale);
    const open = make(
      "button",
      { type: "button", class: "gc-file", "data-file": place },
      make("span", {}, title),
      make("small", {}, detail),
    );
    if (place === path) open.setAttribute("aria-current", "true");
    if (fresh || changed) open.append(make("i", {}, say(fresh ? "fresh" : "changed")));
    open.addEventListener("click", () => this.studio.show(place));
    const item = make("li", {}, open);
    if (place === path && tabOf(place)?.folder) item.append(this.tools(place));
    return item;
  }

  /** @param {string} place */
  tools(place) {
    return make(
      "span",
      { class: "gc-file-tools" },
      this.button("edit", say("rename"), () => rename(this.studio, place)),
      this.button("trash", say("delete"), () => remove(this.studio, place)),
    );
  }

  /** A deleted file stays listed until the draft is saved. @param {string} path */
  gone(path) {
    const back = this.button("arrow-back-up", say("bringBack"), () => {
      this.studio.bundle.put(path, this.studio.bundle.saved[path]);
      this.studio.show(path);
    });
    const text = make("s", {}, path.split("/").pop() ?? path);
    return make("li", { class: "gc-file-gone" }, text, make("i", {}, say("gone")), back);
  }

  /** @param {string} symbol @param {string} label @param {() => void} listener */
  button(symbol, label, listener) {
    const button = make(
      "button",
      { type: "button", class: "gc-tool", "aria-label": label, title: label },
      icon(symbol),
    );
    button.addEventListener("click", listener);
    return button;
  }
}

/** What had the focus has it again. @param {HTMLElement} box @param {string} name of the attribute its buttons differ in @param {Node[]} children */
function redraw(box, name, children) {
  const active = document.activeElement;
  const focused = active && box.contains(active) ? active.getAttribute(name) : null;
  box.replaceChildren(...children);
  if (focused === null) return;
  /** @type {HTMLElement | null} */ (box.querySelector(`[${name}="${focused}"]`))?.focus();
}

/** What a file is called, and its key. @param {string} place @param {Record<string, string>} files @param {string} locale */
function titles(place, files, locale) {
  if (place === "texts/") return [say("textTable"), "zh, en"];
  if (place === "README.md") return [say("readme"), place];
  if (place === "kpis.json") return [say("kpis"), place];
  const file = place.split("/").pop() ?? place;
  const key = file.replace(/\.(bpmn|form|dmn|test\.json)$/, "");
  if (place.endsWith(".form")) return [stepOf(files, locale, key) || key, key];
  if (place.startsWith("scenarios/")) {
    const process = /"processId":\s*"([^"]+)"/.exec(files[place] ?? "")?.[1] ?? key;
    return [nameOf(files, locale, process, process), file];
  }
  if (place.startsWith("prints/"))
    return [/aria-label="([^"{]+)"/.exec(files[place] ?? "")?.[1] ?? file, file];
  const name = / name="([^"]+)"/.exec(
    /<(?:\w+:)?(?:process|definitions) [^>]*>/.exec(files[place] ?? "")?.[0] ?? "",
  );
  if (place.endsWith(".bpmn")) {
    const process = processes(files).find(({ path }) => path === place);
    return [process ? nameOf(files, locale, process.id, process.id) : key, key];
  }
  return [name?.[1] ?? file, name ? key : place.includes("/") ? place.split("/")[0] : ""];
}
