// @ts-check
// What the diagrams of a bundle say, without opening an editor: processes, elements and their names, forms and who uses them.

/** @typedef {{id: string, name: string, type: string, form: string, decision: string, process: string, path: string}} Element */
/** @typedef {{id: string, name: string, path: string, elements: Map<string, Element>}} Process */

const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const ZEEBE = "http://camunda.org/schema/zeebe/1.0";

/** @type {Map<string, {text: string, processes: Process[]}>} */
const read = new Map();

/** @param {any} node @param {string} process @param {string} path @returns {Element} */
function element(node, process, path) {
  const own = (/** @type {string} */ name) =>
    [...node.getElementsByTagNameNS(ZEEBE, name)].find(
      (each) => each.parentElement?.parentElement === node,
    );
  const [form, called] = [own("formDefinition"), own("calledDecision")];
  return {
    id: node.id,
    name: node.getAttribute("name") ?? "",
    type: node.localName,
    form: form?.getAttribute("formId") ?? "",
    decision: called?.getAttribute("decisionId") ?? "",
    process,
    path,
  };
}

/** @param {string} text @param {string} path @returns {Process[]} */
function parse(text, path) {
  const xml = new DOMParser().parseFromString(text, "application/xml");
  return [...xml.getElementsByTagNameNS(BPMN, "process")].map((process) => {
    const nodes = [...process.getElementsByTagNameNS(BPMN, "*")].filter((node) => node.id);
    const elements = nodes.map((node) => element(node, process.id, path));
    return {
      id: process.id,
      name: process.getAttribute("name") ?? "",
      path,
      elements: new Map(elements.map((each) => [each.id, each])),
    };
  });
}

/** @param {Record<string, string>} files @returns {Process[]} */
export function processes(files) {
  return Object.keys(files)
    .filter((path) => path.endsWith(".bpmn"))
    .sort()
    .flatMap((path) => {
      let known = read.get(path);
      if (known?.text !== files[path]) {
        known = { text: files[path], processes: parse(files[path], path) };
        read.set(path, known);
      }
      return known.processes;
    });
}

/** The texts of the other language. @param {Record<string, string>} files @returns {Record<string, string>} */
export function english(files) {
  try {
    return JSON.parse(files["texts/en.json"] ?? "{}");
  } catch {
    return {};
  }
}

/** The name of an element to a reader. @param {Record<string, string>} files @param {string} locale @param {string} process @param {string} id */
export function nameOf(files, locale, process, id) {
  const key = id === process ? `${process}.name` : `${process}.${id}.name`;
  if (locale === "en" && english(files)[key]) return english(files)[key];
  const found = processes(files).find((each) => each.id === process);
  return (id === process ? found?.name : found?.elements.get(id)?.name) || id;
}

/** The form of a step, or that of the start. @param {Record<string, string>} files @param {string} process @param {string} id empty for the start */
export function formOf(files, process, id) {
  const elements = processes(files).find((each) => each.id === process)?.elements;
  const start = () =>
    [...(elements?.values() ?? [])].find((one) => one.type === "startEvent" && one.form);
  return (id ? elements?.get(id) : start())?.form ?? "";
}

/** Forms as the diagrams come to them, the start first; those nobody refers to last. @param {Record<string, string>} files @param {string[]} paths */
export function inOrder(files, paths) {
  const used = processes(files).flatMap(({ elements }) =>
    [...elements.values()].map(({ form }) => `forms/${form}.form`),
  );
  const place = (/** @type {string} */ path) => used.indexOf(path) + 1 || used.length + 1;
  return [...paths].sort((one, other) => place(one) - place(other));
}

/** The step a form belongs to, in words; empty when nobody refers to it. @param {Record<string, string>} files @param {string} locale @param {string} form */
export function stepOf(files, locale, form) {
  for (const process of processes(files))
    for (const each of process.elements.values())
      if (each.form === form) return nameOf(files, locale, process.id, each.id);
  return "";
}
