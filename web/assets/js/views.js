// @ts-check
// On a phone views stand in one line that is pushed aside; the present one is brought into sight.

/** Shows the present view of every line. */
export function startViews() {
  for (const present of document.querySelectorAll(".gc-views [aria-current]")) {
    const line = present.closest(".gc-views");
    if (!line || line.scrollWidth <= line.clientWidth) continue;
    const [box, frame] = [present.getBoundingClientRect(), line.getBoundingClientRect()];
    line.scrollLeft += box.left + box.width / 2 - (frame.left + frame.width / 2);
  }
}
