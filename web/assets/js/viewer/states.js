// @ts-check
// The state of an instance over its diagram: done filled, current ringed with a token, not taken dashed.

/**
 * @typedef {object} State
 * @property {string[]} [done]
 * @property {string[]} [current]
 * @property {string[]} [soon]
 * @property {string[]} [late]
 * @property {string[]} [waiting]
 * @property {string[]} [paused]
 * @property {string[]} [incident]
 * @property {string[]} [ending] what would be cancelled
 * @property {string[]} [target] where the work would go back to
 * @property {string[]} [off] elements this instance does not reach
 * @property {string[]} [flows] sequence flows taken
 * @property {string[]} [focus] what to look at first, if not the current element
 * @property {Record<string, string>} [badges] short texts under elements: a clock, a duration
 */

/** Later ones win where an element is listed twice. */
const ORDER = /** @type {const} */ ([
  "off",
  "done",
  "waiting",
  "current",
  "paused",
  "soon",
  "late",
  "incident",
  "target",
  "ending",
]);

/** @type {Record<string, string>} */
const NAMES = { current: "is-mine", target: "is-mine", off: "off", ending: "is-late dying" };

/** @param {State} state @returns {Map<string, string>} element id -> class */
function classes(state) {
  const found = new Map();
  for (const name of ORDER) {
    const type = NAMES[name] ?? `is-${name}`;
    for (const id of state[name] ?? []) found.set(id, type);
  }
  return found;
}

/** @param {any} overlays @param {any} shape @param {string} type @param {string} text */
function badge(overlays, shape, type, text) {
  const html = document.createElement("span");
  html.className = `gc-badge ${type}`;
  html.textContent = text;
  overlays.add(shape, "badge", {
    position: { top: shape.height - 8, left: shape.width / 2 },
    html,
  });
}

/** @param {any} overlays @param {any} shape @param {string} type */
function token(overlays, shape, type) {
  const html = document.createElement("span");
  html.className = `gc-token ${type}`;
  overlays.add(shape, "token", { position: { top: -9, right: 9 }, html });
}

/**
 * Marks elements and flows; ids the diagram does not have are passed over.
 * @param {any} viewer
 * @param {State} state
 */
export function colour(viewer, state) {
  const [canvas, overlays, registry] = ["canvas", "overlays", "elementRegistry"].map((name) =>
    viewer.get(name),
  );
  const known = classes(state);
  const current = new Set(state.current ?? []);
  for (const [id, type] of known) {
    const shape = registry.get(id);
    if (!shape) continue;
    for (const one of type.split(" ")) canvas.addMarker(shape, one);
    if (current.has(id)) {
      canvas.addMarker(shape, "now");
      token(overlays, shape, type);
    }
  }
  for (const id of state.flows ?? []) if (registry.get(id)) canvas.addMarker(id, "past");
  for (const [id, text] of Object.entries(state.badges ?? {})) {
    const shape = registry.get(id);
    if (shape) badge(overlays, shape, known.get(id) ?? "is-done", text);
  }
}
