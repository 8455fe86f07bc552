// @ts-check
// Shortcuts (ui README §12). Single letters rest inside fields and where <body data-keys="off">.
import { saveDraft } from "./drafts.js";

const SEQUENCE = 1200;
/** G, then: the key of an entry in the navigation. @type {Record<string, string>} */
const PLACES = { i: "inbox", s: "catalogue", u: "registry", b: "board", c: "counter" };

let pending = 0;

/** @param {string} selector */
function all(selector) {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll(selector)]);
}

/** @param {EventTarget | null} target */
function writing(target) {
  return (
    target instanceof Element &&
    target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")
  );
}

/** @returns {HTMLElement | undefined} the row that has the focus */
function currentRow() {
  return all("[data-row]").find((row) => row.contains(document.activeElement));
}

/** @param {number} step */
function move(step) {
  const rows = all("[data-row]");
  const current = currentRow();
  const at = current ? rows.indexOf(current) + step : step > 0 ? 0 : rows.length - 1;
  const row = rows[Math.min(Math.max(at, 0), rows.length - 1)];
  const link = row?.querySelector("[data-open]");
  if (!(link instanceof HTMLElement)) return;
  link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** @param {string} selector */
function press(selector) {
  const element = currentRow()?.querySelector(selector);
  if (element instanceof HTMLElement) element.click();
}

/** @type {Record<string, () => void>} */
const LETTERS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => press("input[type=checkbox]"),
  e: () => press("[data-act]"),
  "/": () => all("[data-search]")[0]?.focus(),
  g: () => (pending = Date.now()),
  "?": () =>
    /** @type {HTMLDialogElement | null} */ (document.getElementById("gc-keys"))?.showModal(),
};

/** @param {KeyboardEvent} event @returns {boolean} whether the key was ours */
function letter(event) {
  const key = event.key.toLowerCase();
  if (Date.now() - pending < SEQUENCE) {
    pending = 0;
    const link = all(`[data-go="${PLACES[key]}"]`)[0];
    link?.click();
    return Boolean(link);
  }
  LETTERS[key]?.();
  return key in LETTERS;
}

/** @param {KeyboardEvent} event @returns {boolean} */
function chord(event) {
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  const task = /** @type {HTMLFormElement | null} */ (
    form ?? document.querySelector("form[data-draft-url]")
  );
  if (event.key === "Enter") {
    const primary = task?.querySelector(".gc-actions .btn-primary, .btn-primary");
    if (primary instanceof HTMLElement) primary.click();
    return Boolean(primary);
  }
  if (event.key.toLowerCase() !== "s" || !task?.dataset.draftUrl) return false;
  saveDraft(task);
  return true;
}

/** @param {KeyboardEvent} event */
function handle(event) {
  if (event.isComposing || event.altKey || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey) {
    if (chord(event)) event.preventDefault();
    return;
  }
  if (
    document.body.dataset.keys === "off" ||
    writing(event.target) ||
    document.querySelector("dialog[open]")
  )
    return;
  if (letter(event)) event.preventDefault();
}

/** Listens for the shortcuts. */
export function startKeyboard() {
  document.addEventListener("keydown", handle);
}
