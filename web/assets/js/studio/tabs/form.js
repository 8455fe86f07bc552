// @ts-check
// The forms tab: form-js with our components and, below its properties, ours.
import { FormEditor } from "@bpmn-io/form-js-editor";
import { make } from "../../dom.js";
import OwnFields from "../forms/components.js";
import { Rules } from "../forms/rules.js";
import { settled } from "../forms/shape.js";
import { translate } from "../language/dom.js";
import words from "../language/forms_zh.json";
import { english } from "../language/words.js";
import { stackEditor } from "../stacks.js";

/** Records that fields of the bundle feed. @param {import("../bundle.js").Bundle} bundle @returns {string[]} */
function records(bundle) {
  const found = bundle
    .list(/^forms\//)
    .flatMap((path) => [...bundle.files[path].matchAll(/"record":\s*"([^"]+)"/g)]);
  return [...new Set(found.map(([, record]) => record))].sort();
}

/** @type {import("../tabs.js").Open} */
export async function open(pane, path, studio) {
  const before = JSON.parse(studio.bundle.files[path]);
  const canvas = make("div", { class: "gc-form-canvas" });
  const properties = make("div", { class: "gc-form-properties" });
  const rules = make("div", { class: "gc-rules" });
  pane.append(canvas, make("div", { class: "gc-form-side" }, rules, properties));
  if (!english) translate(pane, words);
  const editor = new FormEditor({
    container: canvas,
    propertiesPanel: { parent: properties },
    exporter: { name: "Guicheng", version: "1" },
    additionalModules: [OwnFields],
  });
  await editor.importSchema(structuredClone(before));
  new Rules(rules, editor, records(studio.bundle));
  editor.on("commandStack.changed", () => studio.bundle.changed());
  const text = () => `${JSON.stringify(settled(before, editor.saveSchema()), null, 2)}\n`;
  return stackEditor(editor.get("commandStack"), text, {
    select: (id) => select(editor, id),
    destroy: () => editor.destroy(),
    tool: editor,
  });
}

/** @param {any} editor @param {string} id of a component, or its key */
function select(editor, id) {
  const field = editor
    .get("formFieldRegistry")
    .getAll()
    .find((/** @type {any} */ each) => each.id === id || each.key === id || each.path === id);
  if (field) editor.get("selection").set(field);
}
