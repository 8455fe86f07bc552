// @ts-check
// Combobox (ARIA 1.2) over [data-picker] input: asks data-source-url?q= for [{value, label, detail}].
// What is typed stays allowed; the server decides whether it is a unit or a person.
import { make, on } from "./dom.js";
import { say } from "./words.js";

const PAUSE = 150;

/** @typedef {{value: string, label: string, detail?: string}} Choice */
/** @type {WeakMap<HTMLInputElement, {timer: number, request?: AbortController}>} */
const state = new WeakMap();

/** @param {HTMLInputElement} input */
function listOf(input) {
  return /** @type {HTMLElement | null} */ (input.parentElement?.querySelector("[role=listbox]"));
}

/** @param {HTMLInputElement} input */
function close(input) {
  listOf(input)?.remove();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

/** The hidden twin that carries the value when the field shows a name. @param {HTMLInputElement} input */
function carrier(input) {
  const { name } = input;
  input.removeAttribute("name"); // a form that was drawn anew has given it back
  const twin = input.parentElement?.querySelector("input[type=hidden]");
  if (twin instanceof HTMLInputElement) return twin;
  const made = /** @type {HTMLInputElement} */ (make("input", { type: "hidden", name }));
  input.after(made);
  return made;
}

/** @param {HTMLInputElement} input @param {string} value @param {string} text */
function put(input, value, text) {
  if (input.name && value === text) input.value = value;
  else {
    carrier(input).value = value;
    input.value = text;
  }
}

/** @param {HTMLInputElement} input @param {HTMLElement} option */
function choose(input, option) {
  put(input, option.dataset.value ?? "", option.dataset.label ?? "");
  close(input);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {HTMLInputElement} input @param {Choice[]} choices */
function show(input, choices) {
  close(input);
  const id = `${input.id}-list`;
  const options = choices.map((choice, index) => {
    const data = { "data-value": choice.value, "data-label": choice.label };
    const option = make("li", {
      role: "option",
      id: `${id}-${index}`,
      "aria-selected": "false",
      ...data,
    });
    option.append(choice.label);
    if (choice.detail) option.append(make("small", {}, choice.detail));
    return option;
  });
  const list = make("ul", { id, role: "listbox", "aria-label": say("found", choices.length) });
  list.append(
    ...(options.length ? options : [make("li", { class: "none", role: "status" }, say("none"))]),
  );
  input.after(list);
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", id);
}

/** Whether suggestions are on their way. @param {HTMLInputElement} input */
const awaits = (input) => Boolean(state.get(input)?.timer || state.get(input)?.request);

/** Nothing is suggested any more for what stands there. @param {HTMLInputElement} input */
function leave(input) {
  clearTimeout(state.get(input)?.timer);
  state.get(input)?.request?.abort();
  state.delete(input);
  close(input);
}

/** @param {HTMLInputElement} input */
async function ask(input) {
  const url = new URL(
    /** @type {HTMLElement} */ (input.parentElement).dataset.sourceUrl ?? "",
    location.href,
  );
  url.searchParams.set("q", input.value);
  const request = new AbortController();
  state.get(input)?.request?.abort();
  state.set(input, { timer: 0, request });
  try {
    const response = await fetch(url, {
      signal: request.signal,
      headers: { Accept: "application/json" },
    });
    const choices = response.ok ? await response.json() : null;
    if (choices && document.activeElement === input) show(input, choices);
  } catch {
    close(input); // offline or replaced by a newer question; what is typed stays
  }
  if (state.get(input)?.request === request) state.delete(input);
}

/** @param {HTMLInputElement} input @param {number} step */
function move(input, step) {
  const options = [...(listOf(input)?.querySelectorAll("[role=option]") ?? [])];
  if (!options.length) return void ask(input);
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next =
    options[(at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length];
  for (const option of options) option.setAttribute("aria-selected", String(option === next));
  input.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

/** @param {KeyboardEvent} event @param {HTMLInputElement} input */
function press(event, input) {
  const selected = listOf(input)?.querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown") move(input, 1);
  else if (event.key === "ArrowUp") move(input, -1);
  else if (event.key === "Enter" && selected instanceof HTMLElement) choose(input, selected);
  else if (event.key === "Escape" && (listOf(input) || awaits(input))) leave(input);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Shows the name instead of the value where the server gave one. @param {ParentNode} root */
function prepare(root) {
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (
    root.querySelectorAll("[data-picker] > input[name][data-text]")
  )) {
    // What is shown may be the name already; the value is what the server wrote.
    if (input.dataset.text) put(input, input.getAttribute("value") ?? "", input.dataset.text);
  }
}

/** Watches pickers. */
export function startPickers() {
  const FIELD = "[data-picker] > input:not([type=hidden])";
  on("focusin", FIELD, (_, input) => {
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", String(Boolean(listOf(/** @type {any} */ (input)))));
  });
  on("input", FIELD, (event, element) => {
    const input = /** @type {HTMLInputElement} */ (element);
    if (!event.isTrusted) return; // our own, after a choice
    const twin = input.parentElement?.querySelector("input[type=hidden]");
    if (twin instanceof HTMLInputElement) twin.value = input.value;
    clearTimeout(state.get(input)?.timer);
    state.set(input, { ...state.get(input), timer: setTimeout(() => ask(input), PAUSE) });
  });
  on("keydown", FIELD, (event, input) => press(event, /** @type {HTMLInputElement} */ (input)));
  on("focusout", FIELD, (_, input) => close(/** @type {HTMLInputElement} */ (input)));
  on("mousedown", "[data-picker] [role=option]", (event, option) => {
    event.preventDefault(); // keeps the focus in the field
    const input = option.closest("[data-picker]")?.querySelector("input:not([type=hidden])");
    if (input instanceof HTMLInputElement) choose(input, option);
  });
  prepare(document);
  document.addEventListener("htmx:after:swap", () => prepare(document));
}
