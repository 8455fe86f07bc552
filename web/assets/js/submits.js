// @ts-check
// One press, one submission. The button keeps its width and colour and says so; the server's
// idempotency key is what really counts.
import { make } from "./dom.js";
import { say } from "./words.js";

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
function hold(form, button) {
  form.dataset.sent = "1";
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

/** @param {ParentNode} root */
function release(root) {
  const forms = root instanceof HTMLFormElement ? [root] : root.querySelectorAll("form[data-sent]");
  for (const form of /** @type {Iterable<HTMLFormElement>} */ (forms)) {
    delete form.dataset.sent;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (
      form.querySelectorAll("[data-label]")
    )) {
      button.innerHTML = button.dataset.label ?? "";
      button.removeAttribute("aria-disabled");
      button.style.minWidth = "";
      delete button.dataset.label;
    }
  }
}

/** Guards every form that writes. */
export function startSubmits() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    setTimeout(() => hold(form, event.submitter)); // after the browser has read the button's value
  });
  document.addEventListener("htmx:finally:request", () => release(document));
  addEventListener("pageshow", (event) => event.persisted && release(document));
}
