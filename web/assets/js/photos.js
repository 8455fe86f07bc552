// @ts-check
// Photographs: taken, chosen, pasted or dropped into [data-photos]; shrunk, uploaded with progress,
// their keys kept as hidden inputs named data-name.
import { make, on } from "./dom.js";
import { dataUrl, shrink } from "./images.js";
import { Refused, upload } from "./server.js";
import { say, timeOfDay } from "./words.js";

/** @param {Element} field */
function room(field) {
  const taken = field.querySelectorAll("figure").length;
  return Number(field.getAttribute("data-limit") || Infinity) - taken;
}

/** @param {Element} field */
function changed(field) {
  field.querySelector("[data-add]")?.toggleAttribute("hidden", room(field) <= 0);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {string} text @param {string} marker */
function link(text, marker) {
  return make("button", { class: "gc-link", type: "button", [marker]: "" }, text);
}

/** Sends one photograph; may be called again after a failure. @param {HTMLElement} field @param {HTMLElement} caption @param {Blob} photo */
async function send(field, caption, photo) {
  const bar = /** @type {HTMLProgressElement} */ (make("progress", { max: "100", value: "0" }));
  bar.setAttribute("aria-label", say("uploading", 0));
  caption.replaceChildren(bar);
  try {
    const url = field.dataset.uploadUrl ?? "";
    const { key } = await upload(url, photo, "photo.jpg", (percent) => (bar.value = percent));
    const input = make("input", { type: "hidden", name: field.dataset.name ?? "", value: key });
    caption.replaceChildren(`${timeOfDay()} `, link(say("remove"), "data-retake"), input);
    changed(caption.closest("[data-photos]") ?? field); // drawn anew meanwhile, perhaps
  } catch (error) {
    if (error instanceof Refused) {
      caption.replaceChildren(`${error.message} `, link(say("remove"), "data-retake"));
      return;
    }
    const again = link(say("retry"), "data-again");
    again.addEventListener("click", () => send(field, caption, photo));
    caption.replaceChildren(`${say("failed")} `, again, " ", link(say("remove"), "data-retake"));
  }
}

/** @param {HTMLElement} field @param {File} file */
async function add(field, file) {
  const photo = await shrink(file);
  const caption = make("figcaption");
  const image = make("img", { src: await dataUrl(photo), alt: file.name });
  const item = make("li", {}, make("figure", {}, image, caption));
  const place = field.querySelector("[data-add]");
  place ? place.before(item) : field.querySelector(".gc-photos")?.append(item);
  await send(field, caption, photo);
}

/** @param {HTMLElement} field @param {Iterable<File> | null | undefined} files */
function take(field, files) {
  const images = [...(files ?? [])].filter((file) => file.type.startsWith("image/"));
  for (const file of images.slice(0, Math.max(room(field), 0))) add(field, file);
  return images.length > 0;
}

/** Pictures without a key exist on this page only: a form that is drawn anew takes them over. @param {Event} event */
function carryOver(event) {
  if (event.defaultPrevented) return;
  const pending = document.querySelectorAll(
    "[data-photos] figure:not(:has(input[type=hidden])):has(progress, [data-again])",
  );
  const carried = [...pending].map((figure) => {
    const name = figure.closest("[data-photos]")?.getAttribute("data-name") ?? "";
    const item = /** @type {Element} */ (figure.closest("li"));
    item.remove();
    return { name, item };
  });
  const putBack = () => {
    for (const { name, item } of carried)
      document.querySelector(`[data-photos][data-name="${name}"] [data-add]`)?.before(item);
  };
  if (carried.length) document.addEventListener("htmx:after:swap", putBack, { once: true });
}

/** Where a pasted picture goes: the field in use, or the only one. @param {EventTarget | null} target */
function pasteTarget(target) {
  const fields = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("[data-photos]")
  );
  const used = target instanceof Element ? target.closest("[data-photos]") : null;
  if (used instanceof HTMLElement) return used;
  return fields.length === 1 ? fields[0] : null;
}

/** Watches photograph fields. */
export function startPhotos() {
  const SELECTOR = "[data-photos]";
  on("change", `${SELECTOR} input[type=file]`, (_, input) => {
    const field = input.closest(SELECTOR);
    if (!(input instanceof HTMLInputElement && field instanceof HTMLElement)) return;
    take(field, [...(input.files ?? [])]);
    input.value = "";
  });
  on("click", `${SELECTOR} [data-retake]`, (_, button) => {
    const field = button.closest(SELECTOR);
    button.closest("li")?.remove();
    if (field instanceof HTMLElement) changed(field);
  });
  on("dragover", SELECTOR, (event) => event.preventDefault());
  on("drop", SELECTOR, (event, field) => {
    if (take(field, event.dataTransfer?.files)) event.preventDefault();
  });
  document.addEventListener("htmx:before:swap", carryOver);
  document.addEventListener("paste", (event) => {
    const field = pasteTarget(event.target);
    if (field && take(field, event.clipboardData?.files)) event.preventDefault();
  });
}
