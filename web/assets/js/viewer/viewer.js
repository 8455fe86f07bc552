// @ts-check
// Shows a process diagram with the state of an instance drawn over it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { colour } from "./states.js";
import { enableTouch } from "./touch.js";

const TALLEST = 544;
const LEAST = 0.62;

/** @param {string} url @param {string} type */
async function load(url, type) {
  const response = await fetch(url, { headers: { Accept: type } });
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  return response;
}

/** Colours follow the theme, so they are given as references. @param {HTMLElement} container */
function create(container) {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  return new NavigatedViewer({
    container,
    bpmnRenderer: {
      defaultFillColor: "var(--gc-sheet)",
      defaultStrokeColor: "var(--gc-ink-3)",
      defaultLabelColor: "var(--gc-ink)",
    },
    textRenderer: { defaultStyle: { fontFamily, fontSize: 13 }, externalStyle: { fontFamily, fontSize: 12 } },
    zoomScroll: { enabled: false }, // the wheel belongs to the page
  });
}

/** Height by the drawing's proportions, so that nothing is cut and little is empty. @param {any} canvas @param {HTMLElement} box */
function size(canvas, box) {
  const { inner } = canvas.viewbox();
  const height = (inner.height / inner.width) * box.clientWidth + 32;
  box.style.height = `${Math.min(Math.max(height, 176), TALLEST)}px`;
  canvas.resized();
}

/** Everything, but never too small to read nor larger than drawn. @param {any} canvas @param {string | undefined} focus */
function fit(canvas, focus) {
  canvas.zoom("fit-viewport", "auto");
  if (canvas.zoom() > 1) canvas.zoom(1, "auto");
  if (canvas.zoom() >= LEAST) return;
  canvas.zoom(LEAST);
  const { inner, outer } = canvas.viewbox();
  if (focus) canvas.scrollToElement(focus, { top: 48, bottom: 48, left: 80, right: 80 });
  else canvas.viewbox({ x: inner.x - 16, y: inner.y - 16, width: outer.width / LEAST, height: outer.height / LEAST });
}

/** The picture is one thing with one name; its text version follows it. @param {HTMLElement} box */
function describe(box) {
  const svg = box.querySelector("svg");
  svg?.setAttribute("role", "img");
  svg?.setAttribute("aria-label", box.getAttribute("aria-label") ?? "");
  box.removeAttribute("role");
  box.removeAttribute("aria-label");
}

/** @param {HTMLElement} host @param {any} canvas @param {() => void} whole */
function connect(host, canvas, whole) {
  /** @type {Record<string, () => void>} */
  const steps = {
    in: () => canvas.zoom(Math.min(canvas.zoom() * 1.25, 3)),
    out: () => canvas.zoom(Math.max(canvas.zoom() / 1.25, 0.2)),
    fit: whole,
  };
  host.querySelector(".zoom")?.removeAttribute("hidden");
  for (const button of host.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => steps[button.getAttribute("data-zoom") ?? ""]?.());
  }
  host.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      steps[event.deltaY < 0 ? "in" : "out"]();
    },
    { passive: false },
  );
}

/**
 * Draws the diagram of a .gc-viewer (see macros/diagram.html for its attributes).
 * @param {HTMLElement} host
 * @returns {Promise<any>} the bpmn-js viewer
 */
export async function show(host) {
  const { xmlUrl = "", stateUrl } = host.dataset;
  const box = /** @type {HTMLElement} */ (host.querySelector(".canvas"));
  const [xml, state] = await Promise.all([
    load(xmlUrl, "application/xml").then((response) => response.text()),
    stateUrl ? load(stateUrl, "application/json").then((response) => response.json()) : {},
  ]);
  const viewer = create(box);
  await viewer.importXML(xml);
  const canvas = /** @type {any} */ (viewer.get("canvas"));
  colour(viewer, state);
  size(canvas, box);
  const whole = () => fit(canvas, state.current?.[0]);
  whole();
  describe(box);
  connect(host, canvas, whole);
  enableTouch(box, canvas);
  host.dataset.shown = "1";
  return viewer;
}
