// @ts-check
// Signature pads: [data-signature] opens a large pad, uploads a PNG and puts its key into the hidden input.
import { make, on } from "./dom.js";
import { dataUrl, shrink } from "./images.js";
import { Refused, upload } from "./server.js";
import { say, timeOfDay } from "./words.js";

/** @typedef {{dialog: HTMLDialogElement, canvas: HTMLCanvasElement, pad: import("signature_pad").default, hint: HTMLElement}} Pad */

/** Fits the drawing surface to its box without losing the strokes. @param {Pad} pad */
function fit({ canvas, pad }) {
  const strokes = pad.toData();
  const ratio = Math.max(devicePixelRatio, 1);
  canvas.width = canvas.offsetWidth * ratio;
  canvas.height = canvas.offsetHeight * ratio;
  canvas.getContext("2d")?.scale(ratio, ratio);
  pad.clear();
  pad.fromData(strokes);
}

/** @param {string} name @param {string} kind @param {string} value */
function action(name, kind, value) {
  return make("button", { class: `btn btn-${kind}`, type: "button", value }, name);
}

/** @param {string} title @returns {Promise<Pad>} */
async function open(title) {
  const { default: SignaturePad } = await import("signature_pad");
  const canvas = /** @type {HTMLCanvasElement} */ (
    make("canvas", { "aria-label": say("signHere") })
  );
  const hint = make("p", { class: "say", role: "status" }, say("signHere"));
  const buttons = [
    action(say("clear"), "plain", "clear"),
    action(say("cancel"), "plain", "cancel"),
    action(say("done"), "primary", "done"),
  ];
  const dialog = /** @type {HTMLDialogElement} */ (
    make(
      "dialog",
      { class: "gc-dialog gc-signpad", "aria-label": title },
      make("header", {}, make("h2", {}, title)),
      make("div", { class: "surface" }, canvas),
      make("div", { class: "gc-actions" }, hint, ...buttons),
    )
  );
  document.body.append(dialog);
  dialog.showModal();
  const pad = new SignaturePad(canvas, { minWidth: 1, maxWidth: 3.2, penColor: "#10201c" });
  const opened = { dialog, canvas, pad, hint };
  fit(opened);
  return opened;
}

/** The strokes cut to their bounds. @param {Pad} pad @returns {Promise<Blob | null>} */
function picture({ canvas, pad }) {
  const points = pad.toData().flatMap((stroke) => stroke.points);
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const ratio = canvas.width / canvas.offsetWidth;
  const left = Math.max(Math.min(...xs) - 8, 0) * ratio;
  const top = Math.max(Math.min(...ys) - 8, 0) * ratio;
  const width = Math.min((Math.max(...xs) + 8) * ratio, canvas.width) - left;
  const height = Math.min((Math.max(...ys) + 8) * ratio, canvas.height) - top;
  const cut = document.createElement("canvas");
  cut.width = Math.max(width, 1);
  cut.height = Math.max(height, 1);
  cut.getContext("2d")?.drawImage(canvas, -left, -top);
  return new Promise((resolve) => cut.toBlob(resolve, "image/png"));
}

/** Shows the signature in its field. @param {HTMLElement} field @param {string} key @param {string} image */
function fill(field, key, image) {
  const said = image ? say("signed", timeOfDay()) : "";
  field.querySelector(".gc-sign img")?.remove();
  if (image) field.querySelector(".gc-sign")?.prepend(make("img", { src: image, alt: said }));
  field.querySelector(".gc-sign")?.classList.toggle("bad", false);
  field.querySelector(".invalid-feedback")?.remove();
  field.querySelector("[data-sign]")?.toggleAttribute("hidden", Boolean(image));
  field.querySelector("[data-resign]")?.toggleAttribute("hidden", !image);
  const text = field.querySelector("[data-said]");
  if (text) text.textContent = said;
  const input = field.querySelector("input[type=hidden]");
  if (!(input instanceof HTMLInputElement)) return;
  input.value = key;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {HTMLElement} field @param {Pad} pad */
async function finish(field, pad) {
  if (pad.pad.isEmpty()) return;
  const blob = await picture(pad);
  if (!blob) return;
  try {
    const { key } = await upload(field.dataset.uploadUrl ?? "", blob, "signature.png");
    fill(field, key, await dataUrl(blob));
    pad.dialog.close();
  } catch (error) {
    pad.hint.textContent = error instanceof Refused ? error.message : say("signFailed");
  }
}

/** @param {HTMLElement} field */
async function sign(field) {
  const pad = await open(field.querySelector(".gc-legend")?.firstChild?.textContent ?? say("sign"));
  const resize = () => fit(pad);
  addEventListener("resize", resize);
  pad.dialog.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.value === "clear") pad.pad.clear();
    if (button?.value === "cancel") pad.dialog.close();
    if (button?.value === "done") finish(field, pad);
  });
  pad.dialog.addEventListener("close", () => {
    removeEventListener("resize", resize);
    pad.dialog.remove();
    /** @type {HTMLElement | null} */ (
      field.querySelector("[data-sign]:not([hidden]), [data-resign]")
    )?.focus();
  });
}

/** A photograph of a signature on paper. @param {HTMLElement} field @param {HTMLInputElement} input */
async function photograph(field, input) {
  const file = input.files?.[0];
  if (!file) return;
  try {
    const small = await shrink(file);
    const { key } = await upload(field.dataset.uploadUrl ?? "", small, "signature.jpg");
    fill(field, key, await dataUrl(small));
    input.value = "";
  } catch (error) {
    const text = field.querySelector("[data-said]");
    // The file stays chosen and goes with the form.
    if (text) text.textContent = error instanceof Refused ? error.message : say("failed");
  }
}

/** Watches signature fields. */
export function startSignatures() {
  const field = (/** @type {HTMLElement} */ inside) =>
    /** @type {HTMLElement} */ (inside.closest("[data-signature]"));
  on("click", "[data-signature] [data-sign]", (_, button) => sign(field(button)));
  on("click", "[data-signature] [data-resign]", (_, button) => {
    fill(field(button), "", "");
    sign(field(button));
  });
  on("change", "[data-signature] input[type=file]", (_, input) => {
    if (input instanceof HTMLInputElement) photograph(field(input), input);
  });
}
