// @ts-check
// The tabs: which files belong to each, and where its tool is.

/** @typedef {(pane: HTMLElement, path: string, studio: import("./studio.js").Studio) => Promise<import("./bundle.js").Editor>} Open */
/**
 * @typedef {object} Tab
 * @property {string} id
 * @property {string} icon
 * @property {RegExp} pattern of its files
 * @property {() => Promise<{open: Open}>} load
 * @property {string} [css] the root's data attribute with its style sheet
 * @property {string} [folder] where new files go; without it none can be made here
 * @property {string} [ending]
 * @property {(path: string) => string} [place] several files in one editor
 */

const plain = () => import("./tabs/plain.js");

/** @type {Tab[]} */
export const TABS = [
  {
    id: "diagram",
    icon: "schema",
    pattern: /^[^/]+\.bpmn$/,
    load: () => import("./tabs/diagram.js"),
    css: "diagramCss",
  },
  {
    id: "forms",
    icon: "forms",
    pattern: /^forms\/.+\.form$/,
    load: () => import("./tabs/form.js"),
    css: "formCss",
    folder: "forms/",
    ending: ".form",
  },
  {
    id: "decisions",
    icon: "table",
    pattern: /^decisions\/.+\.dmn$/,
    load: () => import("./tabs/decision.js"),
    css: "decisionCss",
    folder: "decisions/",
    ending: ".dmn",
  },
  {
    id: "texts",
    icon: "language",
    pattern: /^texts\//,
    load: () => import("./tabs/texts.js"),
    place: () => "texts/",
  },
  {
    id: "texts",
    icon: "file-text",
    pattern: /^(prints\/.+\.html|README\.md|kpis\.json)$/,
    load: plain,
  },
  {
    id: "scenarios",
    icon: "test-pipe",
    pattern: /^scenarios\/.+\.json$/,
    load: () => import("./tabs/scenarios.js"),
    folder: "scenarios/",
    ending: ".test.json",
  },
];

/** @param {string} path */
export const tabOf = (path) => TABS.find((tab) => tab.pattern.test(path));

/** The tabs as a reader sees them: one per id. */
export const NAMES = [...new Set(TABS.map((tab) => tab.id))];
