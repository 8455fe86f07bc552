// @ts-check
// Saves what is typed: form[data-draft-url] is POSTed two seconds after the last change and on leaving.
// The server answers 204 or JSON {saved: "10:42"}; the result is written to [data-draft-state].
import { on } from "./dom.js";
import { post } from "./server.js";
import { say, timeOfDay } from "./words.js";

const PAUSE = 2000;
const RETRY = 10_000;

/** @type {WeakMap<HTMLFormElement, number>} timers of forms with unsaved changes */
const waiting = new WeakMap();
/** @type {WeakSet<HTMLFormElement>} forms that say they are saved */
const saved = new WeakSet();

/** What is typed, without files. @param {HTMLFormElement} form */
export function content(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
}

/** @param {HTMLFormElement} form @param {string} text */
function tell(form, text) {
  for (const output of document.querySelectorAll("[data-draft-state]")) {
    if (form.contains(output) || output.getAttribute("form") === form.id) output.textContent = text;
  }
}

/** Saves now. @param {HTMLFormElement} form */
export async function saveDraft(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  try {
    const answer = await post(form.dataset.draftUrl ?? "", content(form));
    if (waiting.has(form)) return; // typed meanwhile
    saved.add(form);
    tell(form, say("saved", answer?.saved ?? timeOfDay()));
  } catch (error) {
    const { status } = /** @type {{status?: number}} */ (error);
    tell(form, say(status === 401 ? "signedOut" : "unsaved"));
    schedule(form, RETRY);
  }
}

/** @param {HTMLElement} form @param {number} [pause] milliseconds */
function schedule(form, pause = PAUSE) {
  if (!(form instanceof HTMLFormElement)) return;
  clearTimeout(waiting.get(form));
  waiting.set(
    form,
    setTimeout(() => saveDraft(form), pause),
  );
}

/** Something was typed: what was said of what stood there before no longer holds. @param {HTMLElement} form */
function touch(form) {
  if (form instanceof HTMLFormElement && saved.delete(form)) tell(form, "");
  schedule(form);
}

/** Saves what is still unsaved when the page goes away; a beacon outlives it. */
function leave() {
  for (const form of document.forms) {
    if (!waiting.has(form) || form.dataset.sent) continue;
    const data = content(form);
    if (!data.has("csrf_token")) data.set("csrf_token", document.body.dataset.csrf ?? "");
    navigator.sendBeacon(form.dataset.draftUrl ?? "", data);
  }
}

/** Watches all forms with a draft url. */
export function startDrafts() {
  on("input", "form[data-draft-url]", (_, form) => touch(form));
  on("change", "form[data-draft-url]", (_, form) => touch(form));
  on("submit", "form[data-draft-url]", (_, form) => {
    if (form instanceof HTMLFormElement) clearTimeout(waiting.get(form));
  });
  addEventListener("pagehide", leave);
}
