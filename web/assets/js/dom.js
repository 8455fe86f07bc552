// @ts-check
// Making elements and listening for them, wherever and whenever they appear on the page.

/**
 * Listens on the document for events inside elements that match; works for content swapped in later.
 * @param {string} type
 * @param {string} selector
 * @param {(event: any, element: HTMLElement) => void} listener
 */
export function on(type, selector, listener) {
  document.addEventListener(type, (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const element = target?.closest(selector);
    if (element instanceof HTMLElement) listener(event, element);
  });
}

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** An icon of the sprite. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "gc-i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", iconUrl(name));
  svg.append(use);
  return svg;
}

/** @param {string} name */
export function iconUrl(name) {
  return `${document.body.dataset.icons}#i-${name}`;
}
