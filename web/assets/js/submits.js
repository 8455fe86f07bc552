// @ts-check
// One press, one submission. The button keeps its width and colour and says so; the server's
// idempotency key is what really counts.
import { make } from "./dom.js";
import { say } from "./words.js";

/** Then the button may be pressed again: the answer was a download, or never came. */
const PATIENCE = 15_000;

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
function hold(form, button) {
  form.dataset.sent = "1";
  setTimeout(() => release(form), PATIENCE);
  if (!button?.classList.contains("btn")) return;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.dataset.label = button.innerHTML;
  button.setAttribute("aria-disabled", "true");
  const spinner = make("span", {
    class: "spinner-border spinner-border-sm",
    "aria-hidden": "true",
  });
  button.replaceChildren(spinner, say("sending"));
}

/** @param {HTMLFormElement} form */
function release(form) {
  delete form.dataset.sent;
  for (const button of form.elements) {
    if (!(button instanceof HTMLButtonElement) || button.dataset.label === undefined) continue;
    button.innerHTML = button.dataset.label;
    button.removeAttribute("aria-disabled");
    button.style.minWidth = "";
    delete button.dataset.label;
  }
}

/** Guards every form that writes. */
export function startSubmits() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.getAttribute("method")?.toLowerCase() !== "post")
      return;
    if (form.dataset.sent) return event.preventDefault();
    // After the browser has read the button's value; htmx keeps its own queue.
    setTimeout(() => !event.defaultPrevented && hold(form, event.submitter));
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) release(form);
  });
}
