// @ts-check
// Menus are details elements; this closes them: Escape, a press outside, another menu.

/** @param {Element | null} except */
function closeAll(except = null) {
  for (const menu of document.querySelectorAll("details.gc-menu[open]")) {
    if (menu !== except && !menu.contains(except)) menu.removeAttribute("open");
  }
}

/** Watches menus. */
export function startMenus() {
  document.addEventListener("click", (event) => {
    const inside = event.target instanceof Element ? event.target.closest("details.gc-menu") : null;
    closeAll(inside);
  });
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details.gc-menu[open]");
    if (event.key !== "Escape" || !open) return;
    closeAll();
    open.querySelector("summary")?.focus();
  });
}
