// @ts-check
// The diagram tab: canvas, properties, ready-made steps, simulation; lint runs after each change.
import { icon, make } from "../../dom.js";
import { create } from "../diagram/modeler.js";
import { mark } from "../diagram/marks.js";
import { templates } from "../diagram/templates.js";
import { translate } from "../language/dom.js";
import words from "../language/diagram_zh.json";
import { both, english, say } from "../language/words.js";
import { lint } from "../lint/lint.js";
import { stackEditor } from "../stacks.js";

const READABLE = 0.8;
const TOOLS = 130; // pixels the palette covers

/** Ready-made steps above the canvas: click one, then the place. @param {any} modeler */
function samples(modeler) {
  const box = make("div", { class: "gc-samples", role: "toolbar", "aria-label": say("samples") });
  for (const { id, name, description } of templates(both)) {
    const title = `${description}${say("colon")}${say("dragHint")}`;
    const button = make(
      "button",
      { type: "button", class: "btn btn-quiet", title, "data-sample": id },
      icon(SYMBOLS[id]),
      name,
    );
    button.addEventListener("click", (event) => {
      const elementTemplates = modeler.get("elementTemplates");
      modeler
        .get("create")
        .start(event, elementTemplates.createElement(elementTemplates.getLatest(id)[0]));
    });
    box.append(button);
  }
  box.append(make("small", {}, say("drawHint")));
  return box;
}

/** @type {Record<string, string>} */
const SYMBOLS = {
  "guicheng.task": "user",
  "guicheng.approval": "signature",
  "guicheng.countersign": "users",
  "guicheng.notice": "bell",
  "guicheng.clock_start": "clock",
  "guicheng.clock_stop": "clock-check",
};

/** Everything if that is readable, else the beginning. @param {any} modeler */
function fit(modeler) {
  const canvas = modeler.get("canvas");
  const { outer, inner } = canvas.viewbox();
  const start = modeler
    .get("elementRegistry")
    .find((/** @type {any} */ { type }) => type === "bpmn:StartEvent");
  const whole =
    Math.min((outer.width - TOOLS) / inner.width, outer.height / inner.height, 1) * 0.95;
  const zoom = Math.max(whole, READABLE);
  const [width, height] = [outer.width / zoom, outer.height / zoom];
  const middle = zoom > whole && start ? start.y : inner.y + inner.height / 2;
  canvas.viewbox({ x: inner.x - TOOLS / zoom, y: middle - height / 2, width, height });
}

/** @param {any} modeler @param {string} id */
function select(modeler, id) {
  const element = modeler.get("elementRegistry").get(id);
  if (!element) return;
  const canvas = modeler.get("canvas");
  canvas.setRootElement(canvas.findRoot(element));
  modeler.get("selection").select(element === canvas.getRootElement() ? null : element);
  if (element !== canvas.getRootElement()) canvas.scrollToElement(element, 80);
}

const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 30)));

/** @type {import("../tabs.js").Open} */
export async function open(pane, path, studio) {
  const canvas = make("div", { class: "gc-canvas" });
  const panel = make("div", { class: "gc-properties" });
  const modeler = create(canvas, panel, studio);
  pane.append(make("div", { class: "gc-drawing" }, samples(modeler), canvas), panel);
  if (!english) translate(pane, words);
  await modeler.importXML(studio.bundle.files[path]);
  fit(modeler);
  await frame(); // the panel listens once it has been drawn
  const advise = async () =>
    studio.findings?.advise(path, await lint(modeler.getDefinitions(), path));
  modeler.on("commandStack.changed", () => {
    studio.bundle.changed();
    clearTimeout(studio.linting);
    studio.linting = setTimeout(advise, 300);
  });
  // The simulation paints every shape white, so its canvas is paper in either theme.
  modeler.on("tokenSimulation.toggleMode", (/** @type {any} */ { active }) => {
    if (active) canvas.dataset.bsTheme = "light";
    else delete canvas.dataset.bsTheme;
  });
  advise();
  const text = async () => (await modeler.saveXML({ format: true })).xml;
  return stackEditor(modeler.get("commandStack"), text, {
    shown: () => modeler.get("canvas").resized(),
    select: (id) => select(modeler, id),
    found: (found) => mark(modeler, found),
    destroy: () => modeler.destroy(),
    tool: modeler,
  });
}
