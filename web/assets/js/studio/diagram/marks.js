// @ts-check
// Findings at their elements: a mark with a count, the sentences on pointing at it or reaching it by keyboard.
import { make } from "../../dom.js";
import { say } from "../language/words.js";

/** @param {any} viewer @param {import("../findings.js").Finding[]} found */
export function mark(viewer, found) {
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  overlays.remove({ type: "gc-finding" });
  for (const [id, list] of grouped(found)) {
    const element = registry.get(id);
    if (!element || element === viewer.get("canvas").getRootElement()) continue;
    const html = badge(list, () => viewer.get("selection").select(element));
    const place = element.waypoints ? { top: -8, left: 0 } : { top: -11, right: 13 };
    overlays.add(id, "gc-finding", { position: place, html });
  }
}

/** @param {import("../findings.js").Finding[]} found */
function grouped(found) {
  /** @type {Map<string, import("../findings.js").Finding[]>} */
  const groups = new Map();
  for (const each of found)
    if (each.elementId && each.severity !== "info")
      groups.set(each.elementId, [...(groups.get(each.elementId) ?? []), each]);
  return groups;
}

/** @param {import("../findings.js").Finding[]} list @param {() => void} select */
function badge(list, select) {
  const bad = list.some(({ severity }) => severity === "error");
  const text = list.map(({ message }) => message).join("\n");
  const word = say(bad ? "error" : "warning");
  const button = make(
    "button",
    {
      type: "button",
      class: `gc-flag is-${bad ? "late" : "soon"}`,
      title: text,
      "aria-label": `${word}${say("colon")}${text}`,
    },
    list.length > 1 ? String(list.length) : "!",
  );
  button.addEventListener("click", select);
  return button;
}
