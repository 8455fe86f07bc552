// @ts-check
// Fingers: sideways with one, anywhere and pinching with two; up and down with one scrolls the page.

/** @param {PointerEvent[]} points */
function middle(points) {
  const sum = (/** @type {"clientX" | "clientY"} */ axis) =>
    points.reduce((total, point) => total + point[axis], 0);
  return { x: sum("clientX") / points.length, y: sum("clientY") / points.length };
}

/** @param {PointerEvent[]} points */
function span([first, second]) {
  return second ? Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY) : 0;
}

/** @param {HTMLElement} box @param {any} canvas */
export function enableTouch(box, canvas) {
  /** @type {Map<number, PointerEvent>} */
  const fingers = new Map();
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") fingers.set(event.pointerId, event);
  });
  box.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    fingers.set(event.pointerId, event);
    const after = [...fingers.values()];
    const [from, to] = [middle(before), middle(after)];
    canvas.scroll({ dx: to.x - from.x, dy: after.length > 1 ? to.y - from.y : 0 });
    if (after.length !== 2 || !span(before)) return;
    const { left, top } = box.getBoundingClientRect();
    const scale = Math.min(Math.max((canvas.zoom() * span(after)) / span(before), 0.2), 3);
    canvas.zoom(scale, { x: to.x - left, y: to.y - top });
  });
  const lift = (/** @type {PointerEvent} */ event) => fingers.delete(event.pointerId);
  box.addEventListener("pointerup", lift);
  box.addEventListener("pointercancel", lift);
  box.addEventListener("pointerleave", lift);
}
