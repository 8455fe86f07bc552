// @ts-check
// Shows a process diagram with the state of an instance drawn over it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { COLOURS } from "./colours.js";
import { colour } from "./states.js";
import { enableTouch } from "./touch.js";

const TALLEST = 544;
const PART = 0.65; // of the window, so that what follows is seen to follow
const READABLE = 0.9; // names are 13 px, and nothing may be read below 12

/** @param {string} url @param {string} type */
async function load(url, type) {
  const response = await fetch(url, { headers: { Accept: type } });
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  return response;
}

/** @param {HTMLElement} container */
function create(container) {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  return new NavigatedViewer({
    container,
    bpmnRenderer: COLOURS,
    textRenderer: {
      defaultStyle: { fontFamily, fontSize: 13 },
      externalStyle: { fontFamily, fontSize: 12 },
    },
    zoomScroll: { enabled: false }, // the wheel belongs to the page
  });
}

/** As high as the drawing at readable size, so that little is cut and little is empty. @param {any} canvas @param {HTMLElement} box */
function size(canvas, box) {
  const { inner } = canvas.viewbox();
  const zoom = Math.min(Math.max(box.clientWidth / inner.width, READABLE), 1);
  const height = inner.height * zoom + 32;
  box.style.height = `${Math.min(Math.max(height, 176), TALLEST, innerHeight * PART)}px`;
  canvas.resized();
}

/** Everything, though never larger than drawn. @param {any} canvas */
function whole(canvas) {
  canvas.zoom("fit-viewport", "auto");
  if (canvas.zoom() > 1) canvas.zoom(1, "auto");
}

/** Everything if that is readable, else the part around an element, or the beginning. @param {any} canvas @param {any} shape */
function open(canvas, shape) {
  whole(canvas);
  if (canvas.zoom() >= READABLE) return;
  const { inner, outer } = canvas.viewbox();
  const [width, height] = [outer.width / READABLE, outer.height / READABLE];
  const x = shape ? shape.x + shape.width / 2 - width / 2 : inner.x - 16;
  const y = shape ? shape.y + shape.height / 2 - height / 2 : inner.y - 16;
  const most = (
    /** @type {number} */ start,
    /** @type {number} */ size,
    /** @type {number} */ shown,
  ) => Math.max(start + size - shown + 16, start - 16);
  canvas.viewbox({
    x: Math.min(Math.max(x, inner.x - 16), most(inner.x, inner.width, width)),
    y: Math.min(Math.max(y, inner.y - 16), most(inner.y, inner.height, height)),
    width,
    height,
  });
}

/** What to look at first: where the instance stands, before one runs where it will begin. @param {any} registry @param {import("./states.js").State} state */
function middle(registry, state) {
  return (
    registry.get(state.focus?.[0] ?? state.current?.[0] ?? "") ??
    registry.find((/** @type {any} */ shape) => shape.type === "bpmn:StartEvent")
  );
}

/** The picture is one thing with one name; its text version follows it. @param {HTMLElement} box */
function describe(box) {
  const svg = box.querySelector("svg");
  svg?.setAttribute("role", "img");
  svg?.setAttribute("aria-label", box.getAttribute("aria-label") ?? "");
  box.removeAttribute("role");
  box.removeAttribute("aria-label");
}

/** @param {HTMLElement} host @param {any} canvas */
function connect(host, canvas) {
  /** @type {Record<string, () => void>} */
  const steps = {
    in: () => canvas.zoom(Math.min(canvas.zoom() * 1.25, 3)),
    out: () => canvas.zoom(Math.max(canvas.zoom() / 1.25, 0.2)),
    fit: () => whole(canvas),
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
  /** @type {[string, import("./states.js").State]} */
  const [xml, state] = await Promise.all([
    load(xmlUrl, "application/xml").then((response) => response.text()),
    stateUrl ? load(stateUrl, "application/json").then((response) => response.json()) : {},
  ]);
  const viewer = create(box);
  await viewer.importXML(xml);
  const canvas = /** @type {any} */ (viewer.get("canvas"));
  colour(viewer, state);
  if (host.classList.contains("wide")) size(canvas, box);
  open(canvas, middle(viewer.get("elementRegistry"), state));
  describe(box);
  connect(host, canvas);
  enableTouch(box, canvas);
  host.dataset.shown = "1";
  return viewer;
}
