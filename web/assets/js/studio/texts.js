// @ts-check
// Which texts a bundle has: what its diagrams and forms say in Chinese, and what texts/{zh,en}.json say. Keys are those
// of bpmn/README.md.
import { processes } from "./outline.js";

/** @typedef {Map<string, string>} Texts key -> Chinese */

/** @param {string} prefix @param {any} component @param {Texts} found */
function component(prefix, { key, path, id, type, components, ...field }, found) {
  const name = `${prefix}.${key ?? path ?? id}`;
  const put = (/** @type {string} */ attribute, /** @type {unknown} */ text) =>
    typeof text === "string" &&
    text &&
    !text.startsWith("=") &&
    found.set(`${name}.${attribute}`, text);
  put("label", field.label);
  put("description", field.description);
  if (type === "text") put("text", field.text);
  put("pattern", field.validate?.patternErrorMessage);
  put("suffixAdorner", field.appearance?.suffixAdorner);
  for (const { value, label } of field.values ?? []) put(`option.${value}`, label);
  for (const column of Array.isArray(field.columns) ? field.columns : [])
    put(`column.${column.key}`, column.label);
  for (const each of components ?? []) component(path ? name : prefix, each, found);
}

/** What the diagrams and forms say. @param {Record<string, string>} files @returns {Texts} */
export function spoken(files) {
  /** @type {Texts} */
  const found = new Map();
  for (const { id, name, elements } of processes(files)) {
    if (name) found.set(`${id}.name`, name);
    for (const element of elements.values())
      if (element.name && element.id !== id) found.set(`${id}.${element.id}.name`, element.name);
  }
  for (const [path, text] of Object.entries(files)) {
    if (path.endsWith(".dmn"))
      for (const [, id, name] of text.matchAll(/<(?:\w+:)?decision id="([^"]+)" name="([^"]+)"/g))
        found.set(`${id}.name`, name);
    if (!path.endsWith(".form")) continue;
    const { id, components } = parsed(text);
    for (const each of components ?? []) component(id, each, found);
  }
  return found;
}

/** @param {string | undefined} text @returns {any} */
export function parsed(text) {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}

/** @typedef {{key: string, drawn: string, zh: string, en: string}} Row */

/** All texts of a bundle, by key. @param {Texts} drawn @param {Record<string, string>} zh @param {Record<string, string>} en @returns {Row[]} */
export function rows(drawn, zh, en) {
  const keys = [...new Set([...drawn.keys(), ...Object.keys(zh), ...Object.keys(en)])].sort();
  return keys.map((key) => ({
    key,
    drawn: drawn.get(key) ?? "",
    zh: zh[key] ?? "",
    en: en[key] ?? "",
  }));
}

/** A word both languages share is nobody's omission. @param {Row} row */
export const missing = ({ key, drawn, zh, en }) => {
  if (/\.(quote|action)$/.test(key)) return !zh !== !en;
  return !en
    ? /[\u3400-\u9fff]/.test(drawn || zh)
    : !drawn &&
        !zh &&
        /^(phrases|documents|fees|procedures)\./.test(key) === false &&
        !/\.(documentation|keywords|name)$/.test(key);
};

/** The object with a text set or taken away; a new key goes where the order of keys wants it. @param {Record<string, string>} texts @param {string} key @param {string} value */
export function put(texts, key, value) {
  if (key in texts) {
    if (value) return { ...texts, [key]: value };
    const { [key]: _gone, ...rest } = texts;
    return rest;
  }
  if (!value) return texts;
  const keys = Object.keys(texts);
  const at = keys.findIndex((each) => each > key);
  const fresh = at < 0 ? [...keys, key] : [...keys.slice(0, at), key, ...keys.slice(at)];
  return Object.fromEntries(fresh.map((each) => [each, each === key ? value : texts[each]]));
}
