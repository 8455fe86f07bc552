// @ts-check
// Menus offer only what the engine runs: what it refuses (support matrix in engine/README.md) cannot be chosen.

const REFUSED =
  /transaction|complex-gateway|compensation-start|cancel-|-cancel|toggle-loop|participant-multiplicity/i;
const BELOW = 100; // after those that fill the menus
const MENUS = ["bpmn-replace", "bpmn-append", "bpmn-create"];

// What does not interrupt starts an event subprocess, never a process.
const INSIDE = /non-interrupting-\w+-start/i;

/** @param {any} target @returns {boolean} */
const inEventSubprocess = (target) =>
  Boolean((target?.parent ?? target)?.businessObject?.triggeredByEvent);

/** @param {any} target @returns {(entries: Record<string, any>) => Record<string, any>} */
const runnable = (target) => (entries) =>
  Object.fromEntries(
    Object.entries(entries).filter(
      ([id]) => !REFUSED.test(id) && (inEventSubprocess(target) || !INSIDE.test(id)),
    ),
  );

export class Menus {
  /** @param {any} popupMenu */
  constructor(popupMenu) {
    for (const menu of MENUS) popupMenu.registerProvider(menu, BELOW, this);
  }

  /** @param {any} target */
  getPopupMenuEntries(target) {
    return runnable(target);
  }

  /** @param {any} target */
  getPopupMenuHeaderEntries(target) {
    return runnable(target);
  }
}
/** @type {any} */ (Menus).$inject = ["popupMenu"];

export default { __init__: ["gcMenus"], gcMenus: ["type", Menus] };
