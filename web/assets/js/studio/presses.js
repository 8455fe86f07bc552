// @ts-check
// A press that began on a button which is drawn anew before it is let go gives no click. What is drawn while somebody presses
// waits until then.

let pressed = false;
/** @type {Set<() => void>} */
const waiting = new Set();

function release() {
  pressed = false;
  const draws = [...waiting];
  waiting.clear();
  for (const draw of draws) draw();
}

addEventListener(
  "pointerdown",
  ({ button, target }) => {
    pressed = button === 0 && target instanceof Element && target.closest("button") !== null;
  },
  true,
);
// The click comes in the same turn as the end of its press.
for (const end of ["pointerup", "pointercancel"])
  addEventListener(end, () => setTimeout(release), true);

/** Draw now, or when what is being pressed has been let go. @param {() => void} draw the same function for the same place */
export function drawWhenFree(draw) {
  if (pressed) waiting.add(draw);
  else draw();
}
