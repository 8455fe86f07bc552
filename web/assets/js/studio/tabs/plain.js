// @ts-check
// Any text: printed records, the bundle's README, figures; and files a tool cannot read.
import { make } from "../../dom.js";
import { History, historyEditor } from "../stacks.js";

/** @type {import("../tabs.js").Open} */
export async function open(pane, path, { bundle }) {
  const area = /** @type {HTMLTextAreaElement} */ (
    make("textarea", { class: "gc-plain", spellcheck: "false", "aria-label": path })
  );
  const history = new History(bundle.files[path], () => bundle.changed());
  const draw = () => (area.value = history.value);
  area.addEventListener("input", () => history.push(area.value, "text"));
  pane.append(area);
  draw();
  return historyEditor(history, String, draw);
}
