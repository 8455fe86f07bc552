// @ts-check
// Menus offer only what the engine runs: what it refuses (support matrix in engine/README.md) cannot be chosen.

const REFUSED = /transaction|ad-?hoc|complex-gateway|compensation|cancel-|-cancel|toggle-loop/i;
const BELOW = 100; // after those that fill the menus
const MENUS = ["bpmn-replace", "bpmn-append", "bpmn-create"];

/** @param {Record<string, any>} entries */
const runnable = (entries) =>
  Object.fromEntries(Object.entries(entries).filter(([id]) => !REFUSED.test(id)));

export class Menus {
  /** @param {any} popupMenu */
  constructor(popupMenu) {
    for (const menu of MENUS) popupMenu.registerProvider(menu, BELOW, this);
  }

  getPopupMenuEntries() {
    return runnable;
  }

  getPopupMenuHeaderEntries() {
    return runnable;
  }
}
/** @type {any} */ (Menus).$inject = ["popupMenu"];

export default { __init__: ["gcMenus"], gcMenus: ["type", Menus] };
