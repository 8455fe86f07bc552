// @ts-check
// Table rows of a form, added and removed without a round trip.
//
//   [data-rows]            the list; data-max: most rows
//     [data-item]          one row
//     <template>           a new row; __n__ stands for its number, which is never used twice
//     [data-add-row]       button (name="_add" for the server when there is no script)
//     [data-remove-row]    button inside a row (name="_remove")
//
// The server reads rows in the order of their numbers and allows gaps.
import { on } from "./dom.js";

/** @param {HTMLElement} list */
function nextNumber(list) {
  const numbers = [...list.querySelectorAll("[data-item]")].map((item) =>
    Number(item.getAttribute("data-item")),
  );
  return Math.max(-1, Number(list.dataset.last ?? -1), ...numbers.filter(Number.isInteger)) + 1;
}

/** @param {HTMLElement} list @param {HTMLTemplateElement} template */
function add(list, template) {
  const number = nextNumber(list);
  list.dataset.last = String(number);
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("__n__", String(number));
  const items = list.querySelectorAll("[data-item]");
  const place = items.length ? items[items.length - 1] : template;
  place.after(holder.content);
  const added = items.length ? place.nextElementSibling : template.nextElementSibling;
  if (added?.querySelector("input, select, textarea") instanceof HTMLElement) focusFirst(added);
}

/** @param {Element} item */
function focusFirst(item) {
  /** @type {HTMLElement | null} */ (
    item.querySelector("input:not([type=hidden]), select, textarea")
  )?.focus();
}

/** @param {HTMLElement} list */
function changed(list) {
  const full = list.querySelectorAll("[data-item]").length >= Number(list.dataset.max || Infinity);
  for (const button of list.querySelectorAll("[data-add-row]"))
    button.toggleAttribute("hidden", full);
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Watches the buttons of lists that have a template; others are left to the server. */
export function startRows() {
  on("click", "[data-add-row]", (event, button) => {
    const list = /** @type {HTMLElement | null} */ (button.closest("[data-rows]"));
    const template = list?.querySelector("template");
    if (!list || !template) return;
    event.preventDefault();
    add(list, template);
    changed(list);
  });
  on("click", "[data-remove-row]", (event, button) => {
    const list = /** @type {HTMLElement | null} */ (button.closest("[data-rows]"));
    const item = button.closest("[data-item]");
    if (!list?.querySelector("template") || !item) return;
    event.preventDefault();
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    if (neighbour) focusFirst(neighbour);
    changed(list);
  });
}
