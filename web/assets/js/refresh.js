// @ts-check
// Conditional fields: form[data-refresh-url] is POSTed when a field that others depend on changes, and
// the answer (the inner HTML of its [data-form-body]) is morphed in, so focus and typing stay.
// Fields that matter carry data-refresh (themselves or an ancestor); if none does, all matter.
import htmx from "htmx.org";
import { on } from "./dom.js";

/** @type {WeakMap<HTMLFormElement, number>} */
const typed = new WeakMap();

/** @param {HTMLFormElement} form @param {Element} field */
function matters(form, field) {
  return field.closest("[data-refresh]") !== null || !form.querySelector("[data-refresh]");
}

/** Files go with the submission, not with questions about fields. @param {any} event */
function withoutFiles({ detail }) {
  const { body } = detail.ctx.request;
  for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
}

/** @param {HTMLFormElement} form */
function refresh(form) {
  const body = form.querySelector("[data-form-body]");
  if (!body) return;
  const before = typed.get(form) ?? 0;
  const stale = (/** @type {Event} */ event) => {
    if ((typed.get(form) ?? 0) === before) return;
    event.preventDefault(); // typed meanwhile: keep it, and ask again
    setTimeout(() => refresh(form));
  };
  form.addEventListener("htmx:before:swap", stale, { once: true });
  form.addEventListener("htmx:config:request", withoutFiles, { once: true });
  form.setAttribute("hx-sync", "this:replace"); // a newer change makes the older answer useless
  htmx.ajax("POST", form.dataset.refreshUrl ?? "", {
    source: form,
    target: body,
    swap: "innerMorph",
  });
}

/** Watches forms with a refresh url. */
export function startRefresh() {
  on("input", "form[data-refresh-url]", (_, form) => {
    if (form instanceof HTMLFormElement) typed.set(form, (typed.get(form) ?? 0) + 1);
  });
  on("change", "form[data-refresh-url]", (event, form) => {
    if (form instanceof HTMLFormElement && matters(form, event.target)) refresh(form);
  });
}
