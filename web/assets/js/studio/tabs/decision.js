// @ts-check
// The decisions tab: dmn-js. It keeps a command stack per view and empties it without a word when the view changes, so
// edits of a view that was left count as unsaved until the next save.
import DmnModeler from "dmn-js/lib/Modeler";
import { make } from "../../dom.js";
import { COLOURS } from "../../viewer/colours.js";
import own from "../language/decisions_zh.json";
import { translate as keepTranslated } from "../language/dom.js";
import Translate from "../language/translate.js";
import { english } from "../language/words.js";
import { DecisionVariables } from "./decision_variables.js";

const VIEWS = ["drd", "decisionTable", "literalExpression", "boxedExpression"];

/** @param {HTMLElement} container @param {DecisionVariables} variables */
function create(container, variables) {
  const known = { __init__: ["gcVariables"], gcVariables: ["factory", variables.join] };
  const options = { additionalModules: [Translate, known] };
  return new DmnModeler({
    container,
    exporter: { name: "Guicheng", version: "1" },
    common: {
      expressionLanguages: {
        options: [{ value: "feel", label: "FEEL" }],
        defaults: { editor: "feel" },
      },
    },
    ...Object.fromEntries(VIEWS.map((view) => [view, options])),
    drd: { ...options, drdRenderer: COLOURS },
  });
}

/** @param {any} stack */
const top = (stack) => stack?._stack[stack._stackIdx];

class Tracks {
  /** @param {any} modeler @param {() => void} changed */
  constructor(modeler, changed) {
    this.modeler = modeler;
    this.changed = changed;
    /** @type {WeakMap<any, any>} */
    this.clean = new WeakMap();
    this.hooked = new WeakSet();
    this.left = 0; // edits of views that were left
    this.edited = false;
    this.hook();
    modeler.on("views.changed", () => this.hook());
  }

  get viewer() {
    return this.modeler.getActiveViewer();
  }

  get stack() {
    return this.viewer?.get("commandStack");
  }

  get touched() {
    return top(this.stack) !== this.clean.get(this.viewer);
  }

  hook() {
    const { viewer } = this;
    const element = this.modeler.getActiveView()?.element;
    if (!viewer) return;
    if (element !== this.element) {
      if (this.edited) this.left += 1;
      this.edited = false;
      this.element = element;
      this.clean.set(viewer, top(this.stack));
    }
    if (this.hooked.has(viewer)) return;
    this.hooked.add(viewer);
    viewer.on("commandStack.changed", () => {
      this.edited = this.touched;
      this.changed();
    });
  }

  mark() {
    return { left: this.left, viewer: this.viewer, top: top(this.stack) };
  }

  /** @param {ReturnType<Tracks["mark"]>} mark */
  settle(mark) {
    this.left -= mark.left;
    if (!mark.viewer) return;
    this.clean.set(mark.viewer, mark.top);
    this.edited = this.touched;
  }
}

/** @type {import("../tabs.js").Open} */
export async function open(pane, path, studio) {
  const { bundle } = studio;
  const box = make("div", { class: "gc-decision" });
  pane.append(box);
  if (!english) keepTranslated(box, own);
  const modeler = create(box, new DecisionVariables(studio, path));
  await modeler.importXML(bundle.files[path]);
  const table = modeler.getViews().find(({ type }) => type === "decisionTable");
  if (table) await modeler.open(table);
  const tracks = new Tracks(modeler, () => bundle.changed());
  return {
    text: async () => (await modeler.saveXML({ format: true })).xml,
    dirty: () => tracks.left > 0 || tracks.touched,
    mark: () => tracks.mark(),
    clean: (mark) => tracks.settle(mark),
    undo: () => tracks.stack?.canUndo() && tracks.stack.undo(),
    redo: () => tracks.stack?.canRedo() && tracks.stack.redo(),
    canUndo: () => Boolean(tracks.stack?.canUndo()),
    canRedo: () => Boolean(tracks.stack?.canRedo()),
    select: (id) => {
      const view = modeler.getViews().find(({ element }) => element.id === id);
      if (view) modeler.open(view);
    },
    destroy: () => modeler.destroy(),
    tool: modeler,
  };
}
