// @ts-check
// How editors remember what was done.

/** The last command, by which a state is told: after undo and another edit the index is the same, the command is not. @param {any} stack */
const top = (stack) => stack._stack[stack._stackIdx];

/**
 * An editor over a diagram-js command stack.
 * @param {any} stack
 * @param {() => Promise<string> | string} text
 * @param {Partial<import("./bundle.js").Editor>} [rest]
 * @returns {import("./bundle.js").Editor}
 */
export function stackEditor(stack, text, rest = {}) {
  let clean = top(stack);
  return {
    text,
    dirty: () => top(stack) !== clean,
    mark: () => top(stack),
    clean: (mark) => (clean = mark),
    undo: () => stack.canUndo() && stack.undo(),
    redo: () => stack.canRedo() && stack.redo(),
    canUndo: () => stack.canUndo(),
    canRedo: () => stack.canRedo(),
    ...rest,
  };
}

/**
 * States of a value that is replaced, never changed in place. Edits of one field within two seconds are one step.
 * @template T
 */
export class History {
  /** @param {T} value @param {() => void} changed */
  constructor(value, changed) {
    this.states = [value];
    this.at = 0;
    this.changed = changed;
    this.last = { field: "", when: 0 };
  }

  get value() {
    return this.states[this.at];
  }

  /** @param {T} value @param {string} [field] what is being typed into */
  push(value, field = "") {
    const now = Date.now();
    const same = field && field === this.last.field && now - this.last.when < 2000;
    this.states.splice(this.at + 1);
    if (same && this.at > 0) this.states[this.at] = value;
    else this.at = this.states.push(value) - 1;
    this.last = { field, when: now };
    this.changed();
  }

  /** @param {number} by */
  move(by) {
    this.at = Math.min(Math.max(this.at + by, 0), this.states.length - 1);
    this.last.field = "";
    this.changed();
  }
}

/**
 * An editor over a history.
 * @param {History<any>} history
 * @param {(value: any) => string} text
 * @param {() => void} draw shows the state after undo and redo
 * @param {Partial<import("./bundle.js").Editor>} [rest]
 * @returns {import("./bundle.js").Editor}
 */
export function historyEditor(history, text, draw, rest = {}) {
  let clean = history.value;
  const move = (/** @type {number} */ by) => {
    history.move(by);
    draw();
  };
  return {
    text: () => text(history.value),
    dirty: () => history.value !== clean && text(history.value) !== text(clean),
    mark: () => history.value,
    clean: (mark) => (clean = mark),
    undo: () => move(-1),
    redo: () => move(1),
    canUndo: () => history.at > 0,
    canRedo: () => history.at < history.states.length - 1,
    ...rest,
  };
}
