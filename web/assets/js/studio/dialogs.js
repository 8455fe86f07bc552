// @ts-check
// Small questions in a dialog of the page: a name, a yes, a conflict.
import { make } from "../dom.js";
import { say } from "./language/words.js";

/** @param {string} value @param {string} label @param {string} look */
const choice = (value, label, look) =>
  make("button", { type: "submit", value, class: `btn btn-${look}` }, label);

/**
 * Asks, and gives the value of the button that was pressed; empty when the dialog was left.
 * @param {string} title
 * @param {(Node | string)[]} body
 * @param {[string, string][]} choices value and label; the first is the one that is meant
 * @returns {Promise<{choice: string, form: HTMLFormElement}>}
 */
export function ask(title, body, choices) {
  const buttons = choices.map(([value, label], at) =>
    choice(value, label, at ? "plain" : "primary"),
  );
  const form = /** @type {HTMLFormElement} */ (
    make(
      "form",
      { method: "dialog" },
      make("h2", {}, title),
      ...body,
      make("p", { class: "gc-wrap" }, ...buttons),
    )
  );
  const dialog = /** @type {HTMLDialogElement} */ (
    make("dialog", { class: "gc-ask", "aria-label": title }, form)
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve({ choice: dialog.returnValue, form });
    });
  });
}

/** @param {string} title @param {string} text @param {string} yes */
export async function confirm(title, text, yes) {
  const { choice } = await ask(
    title,
    [make("p", {}, text)],
    [
      ["yes", yes],
      ["", say("cancel")],
    ],
  );
  return choice === "yes";
}

/**
 * Asks for one of a list or a new name.
 * @param {string} title
 * @param {{label: string, value?: string, offers?: {value: string, label: string}[], pattern: string, hint: string}} field
 * @param {string} yes
 * @returns {Promise<string>} empty when the dialog was left
 */
export async function name(title, { label, value = "", offers = [], pattern, hint }, yes) {
  const input = make("input", {
    class: "form-control",
    name: "name",
    value,
    pattern,
    required: "",
    list: "gc-offers",
    autocomplete: "off",
    title: hint,
  });
  const list = make(
    "datalist",
    { id: "gc-offers" },
    ...offers.map((offer) => make("option", { value: offer.value }, offer.label)),
  );
  const body = [
    make("label", { class: "form-label" }, label, input, list),
    make("small", {}, hint),
  ];
  const { choice, form } = await ask(title, body, [["yes", yes]]);
  return choice === "yes" ? String(new FormData(form).get("name")).trim() : "";
}
