// @ts-check
// What htmx does in the background: the CSRF token on every request, a thin line after 300 ms, a sentence
// after 8 s and when the server cannot be reached. The old content stays.
import { csrfToken } from "./server.js";
import { make } from "./dom.js";
import { say } from "./words.js";

const LINE_AFTER = 300;
const SENTENCE_AFTER = 8000;

let running = 0;
/** @type {number[]} */
let timers = [];

/** @returns {HTMLElement | null} */
function place() {
  return document.getElementById("gc-progress");
}

/** Shows a sentence until the next answer arrives. @param {string} text */
function tell(text) {
  settle();
  place()?.append(make("div", { class: "gc-note is-waiting" }, make("p", {}, text)));
  place()?.removeAttribute("hidden");
}

function settle() {
  place()?.querySelector(".gc-note")?.remove();
}

function begin() {
  if (running++) return;
  timers = [
    setTimeout(() => place()?.removeAttribute("hidden"), LINE_AFTER),
    setTimeout(() => tell(say("slow")), SENTENCE_AFTER),
  ];
}

function end() {
  running = Math.max(0, running - 1);
  if (running) return;
  timers.forEach(clearTimeout);
  const line = place();
  line?.toggleAttribute("hidden", !line.querySelector(".gc-note"));
}

/** Listens to htmx. */
export function startProgress() {
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = /** @type {CustomEvent} */ (event).detail.ctx;
    request.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:before:request", begin);
  document.addEventListener("htmx:after:request", settle);
  document.addEventListener("htmx:finally:request", end);
  document.addEventListener("htmx:error", () => tell(say("offline")));
}
