// @ts-check
// The bar for ticked rows: form[data-bulk] holds .gc-row with tick boxes and one [data-bulk-bar].
//
//   [data-bulk-bar]    shown while something is ticked
//   [data-selected]    how many are ticked
//   [data-countable]   how many of them will be acted on: odd ones (row data-odd) stay out until looked at
//   [data-odd-note]    shown when an odd one is ticked; [data-odd-count] says how many
//   [data-mixed]       shown when rows of different steps (row data-step) are ticked; [data-same] then hides
import { on } from "./dom.js";

/** @param {Element} bar @param {string} selector @param {number} value */
function write(bar, selector, value) {
  for (const place of bar.querySelectorAll(selector)) place.textContent = String(value);
}

/** @param {Element} bar @param {string} selector @param {boolean} shown */
function show(bar, selector, shown) {
  for (const part of bar.querySelectorAll(selector)) part.toggleAttribute("hidden", !shown);
}

/** @param {HTMLElement} form */
function refresh(form) {
  const bar = form.querySelector("[data-bulk-bar]");
  const rows = [...form.querySelectorAll(".gc-row:has(input[type=checkbox]:checked)")];
  if (!bar) return;
  const odd = rows.filter((row) => row.hasAttribute("data-odd")).length;
  const steps = new Set(rows.map((row) => row.getAttribute("data-step")));
  bar.toggleAttribute("hidden", rows.length === 0);
  write(bar, "[data-selected]", rows.length);
  write(bar, "[data-countable]", rows.length - odd);
  write(bar, "[data-odd-count]", odd);
  show(bar, "[data-odd-note]", odd > 0);
  show(bar, "[data-mixed]", steps.size > 1);
  show(bar, "[data-same]", steps.size <= 1);
}

function refreshAll() {
  for (const form of document.querySelectorAll("form[data-bulk]")) {
    if (form instanceof HTMLElement) refresh(form);
  }
}

/** Watches tick boxes; also after swaps and when the browser restores ticks. */
export function startBulk() {
  on("change", "form[data-bulk]", (_, form) => refresh(form));
  document.addEventListener("htmx:after:swap", refreshAll);
  addEventListener("pageshow", refreshAll);
  refreshAll();
}
