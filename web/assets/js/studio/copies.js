// @ts-check
// What is typed is kept in this browser until the server has it, so that a crash, a lost connection or a closed window loses nothing.

/** @typedef {{version: number, at: string, changes: Record<string, string | null>}} Copy */

export class Copies {
  /** @param {string} key of the draft @param {string} actor copies are one person's */
  constructor(key, actor) {
    this.name = `guicheng.studio.${actor}.${key}`;
  }

  /** @param {number} version @param {Record<string, string | null>} changes @returns {boolean} whether it is kept */
  keep(version, changes) {
    if (!Object.keys(changes).length) return this.drop();
    try {
      const copy = { version, at: new Date().toISOString(), changes };
      localStorage.setItem(this.name, JSON.stringify(copy));
      return true;
    } catch {
      return false; // no room, or the browser keeps nothing
    }
  }

  drop() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      // nothing was kept
    }
    return true;
  }

  /** What was kept and differs from what the server has. @param {Record<string, string>} files @returns {Copy | null} */
  find(files) {
    try {
      /** @type {Copy} */
      const copy = JSON.parse(localStorage.getItem(this.name) ?? "null");
      const differs = Object.entries(copy.changes).some(
        ([path, text]) => (files[path] ?? null) !== text,
      );
      return differs ? copy : null;
    } catch {
      return null;
    }
  }
}
