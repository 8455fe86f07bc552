// @ts-check
// The variables an expression may use at an element: what the server found to be known there, the fields of the bundle's
// forms, and what every expression sees.

/** @param {string} text @returns {string[]} */
function keys(text) {
  /** @type {string[]} */
  const found = [];
  const walk = (/** @type {any[]} */ components) => {
    for (const { key, path, components: inner } of components ?? []) {
      if (key || path) found.push(key ?? path);
      if (inner && !path) walk(inner);
    }
  };
  try {
    walk(JSON.parse(text).components);
  } catch {
    // a form being written as text
  }
  return found;
}

/** @param {any[]} settings @returns {any[]} nested contexts of dotted keys */
function tree(settings) {
  /** @type {Map<string, any>} */
  const root = new Map();
  for (const each of settings) {
    let level = root;
    for (const part of String(each.key ?? each).split(".")) {
      if (!level.has(part)) level.set(part, new Map());
      level = level.get(part);
    }
  }
  const listed = (/** @type {Map<string, any>} */ level) =>
    [...level].map(([name, inner]) => ({ name, entries: listed(inner) }));
  return listed(root);
}

/** @param {string} name @param {string[]} entries */
const context = (name, entries) => ({ name, entries: entries.map((each) => ({ name: each })) });

/** What every expression sees. @param {any} vocabulary */
export function environment({ settings = [], limits = [] }) {
  return [
    context("site", ["key", "name", "kind"]),
    context("unit", ["label", "name", "area_m2", "kind"]),
    context("process_instance", ["key", "number"]),
    { name: "initiator" },
    {
      name: "camunda",
      entries: [
        { name: "vars", entries: [{ name: "tenant", entries: tree([...settings, ...limits]) }] },
      ],
    },
  ];
}

export class Variables {
  /** @param {any} studio */
  constructor(studio) {
    this.studio = studio;
  }

  /** @param {any} object @returns {string[]} */
  known(object) {
    const { bundle, vocabulary } = this.studio;
    const here = vocabulary.variables?.[object.id];
    if (here) return here;
    const forms = bundle
      .list(/^forms\//)
      .flatMap((/** @type {string} */ path) => keys(bundle.files[path]));
    return [...Object.values(vocabulary.variables ?? {}).flat(), ...forms];
  }

  /** @param {any} object */
  async getVariablesForElement(object) {
    const names = [...new Set(this.known(object))].sort();
    return [...names.map((name) => ({ name })), ...environment(this.studio.vocabulary)];
  }
}
Variables.$inject = ["config.studio"];

export default { variableResolver: ["type", Variables] };
