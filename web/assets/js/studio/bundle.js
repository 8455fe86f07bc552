// @ts-check
// A draft in the browser: path -> text, as the server has it and as it stands now. Editors are live views of one path
// each; their text is pulled only when it is needed.

/**
 * @typedef {object} Editor what a tab gives for an open file
 * @property {() => Promise<string> | string} text the file as it stands
 * @property {() => boolean} dirty whether it differs from what was opened or last saved
 * @property {() => unknown} mark where its history stands
 * @property {(mark: any) => void} clean what was marked has been saved
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => boolean} canUndo
 * @property {() => boolean} canRedo
 * @property {() => Promise<void> | void} [shown] its pane has come into view
 * @property {(elementId: string) => void} [select] bring an element into view
 * @property {(found: import("./findings.js").Finding[]) => void} [found] the findings of its file
 * @property {() => void} [destroy]
 */
/** @typedef {Record<string, string>} Files */

export class Bundle extends EventTarget {
  constructor() {
    super();
    /** @type {Files} */
    this.files = {};
    /** @type {Files} what the server has */
    this.saved = {};
    this.version = 0;
    /** @type {Map<string, Editor>} */
    this.editors = new Map();
    /** @type {Map<string, string>} the text each editor calls clean */
    this.bases = new Map();
  }

  /** Take what the server has; what stands here is given up. @param {{version: number, files: Files}} draft */
  take({ version, files }) {
    for (const path of [...this.editors.keys()]) this.close(path);
    this.version = version;
    this.saved = { ...files };
    this.files = { ...files };
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {RegExp} pattern @returns {string[]} paths in order */
  list(pattern) {
    return Object.keys(this.files)
      .filter((path) => pattern.test(path))
      .sort();
  }

  /** @param {string} path @param {Editor} editor */
  open(path, editor) {
    this.editors.set(path, editor);
    this.bases.set(path, this.files[path]);
  }

  /** @param {string} path */
  close(path) {
    this.editors.get(path)?.destroy?.();
    this.editors.delete(path);
    this.bases.delete(path);
    this.dispatchEvent(new CustomEvent("closed", { detail: path }));
  }

  /** Put a text in a file's place, or nothing; its editor opens anew. @param {string} path @param {string} [text] */
  put(path, text) {
    this.close(path);
    if (text === undefined) delete this.files[path];
    else this.files[path] = text;
    this.changed();
  }

  /** @param {string} path */
  isDirty(path) {
    const editor = this.editors.get(path);
    if (!editor) return this.files[path] !== this.saved[path];
    return editor.dirty() || this.bases.get(path) !== this.saved[path];
  }

  /** @returns {string[]} paths that differ from the server's, gone ones too */
  dirtyPaths() {
    const paths = new Set([...Object.keys(this.files), ...Object.keys(this.saved)]);
    return [...paths].filter((path) => this.isDirty(path)).sort();
  }

  /** Pull the texts of the open editors. @returns {Promise<Files>} */
  async flush() {
    for (const [path, editor] of [...this.editors]) {
      const text = editor.dirty() ? await editor.text() : this.bases.get(path);
      if (this.editors.get(path) === editor && text !== undefined) this.files[path] = text;
    }
    return { ...this.files };
  }

  /** What is not on the server yet: path -> text, null where the file is gone. */
  async changes() {
    const files = await this.flush();
    /** @type {Record<string, string | null>} */
    const changes = {};
    for (const path of this.dirtyPaths()) changes[path] = files[path] ?? null;
    return changes;
  }

  /**
   * Save what has changed. Edits made meanwhile stay unsaved.
   * @param {(version: number, changes: Record<string, string | null>) => Promise<{version: number}>} put
   */
  async save(put) {
    const marks = [...this.editors].map(([path, editor]) => ({
      path,
      editor,
      mark: editor.mark(),
    }));
    const changes = await this.changes();
    const files = { ...this.files };
    const answer = await put(this.version, changes);
    this.version = answer.version;
    this.saved = files;
    for (const { path, editor, mark } of marks) {
      if (this.editors.get(path) !== editor) continue;
      editor.clean(mark);
      this.bases.set(path, files[path]);
    }
    this.changed();
    return answer;
  }

  /** Bring back what was typed before. @param {Record<string, string | null>} changes */
  restore(changes) {
    for (const [path, text] of Object.entries(changes)) this.put(path, text ?? undefined);
  }
}
