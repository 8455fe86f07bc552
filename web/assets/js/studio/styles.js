// @ts-check
// Style sheets of tools, loaded when they are first needed.
import { make } from "../dom.js";

/** @type {Map<string, Promise<unknown>>} */
const loaded = new Map();

/** Load a style sheet once; whoever asks meanwhile waits for it too. @param {string} href @returns {Promise<unknown>} */
export function style(href) {
  const loading = loaded.get(href) ?? link(href);
  loaded.set(href, loading);
  loading.catch(() => loaded.delete(href));
  return loading;
}

/** @param {string} href */
function link(href) {
  const element = make("link", { rel: "stylesheet", href });
  document.head.append(element);
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
  });
}
