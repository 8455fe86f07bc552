// @ts-check
// Some tools have no hook for translation: their words are replaced where they appear.

const ATTRIBUTES = ["placeholder", "title", "aria-label", "data-title"];

/** A sentence with one word left open: "Remove {0}". @param {string} text @param {Record<string, string>} words @returns {string | undefined} */
function filled(text, words) {
  for (const [pattern, said] of Object.entries(words)) {
    const [before, after] = pattern.split("{0}");
    if (after === undefined || !text.startsWith(before) || !text.endsWith(after)) continue;
    const word = text.slice(before.length, text.length - after.length);
    return said.replace("{0}", words[word] ?? word);
  }
  return undefined;
}

/** @param {string} text @param {Record<string, string>} words */
function translated(text, words) {
  const trimmed = text.trim();
  if (!/^[A-Za-z]/.test(trimmed)) return text;
  const hit = Object.hasOwn(words, trimmed) ? words[trimmed] : filled(trimmed, words);
  return hit === undefined ? text : text.replace(trimmed, hit);
}

/** @param {Element} element @param {Record<string, string>} words */
function attributes(element, words) {
  for (const name of ATTRIBUTES) {
    const value = element.getAttribute(name);
    const said = value && translated(value, words);
    if (said && said !== value) element.setAttribute(name, said);
  }
}

/** What people type and what their files say stays as it is. */
const THEIRS = "input, textarea, [contenteditable], .cm-editor, tspan";

/** @param {Node} node @param {Record<string, string>} words */
function visit(node, words) {
  if (node instanceof Text) {
    if (node.parentElement?.closest(THEIRS)) return;
    const said = translated(node.data, words);
    if (said !== node.data) node.data = said;
  } else if (node instanceof Element) {
    attributes(node, words);
    node.childNodes.forEach((child) => visit(child, words));
  }
}

/**
 * Keep what is under an element translated.
 * @param {Element} root
 * @param {Record<string, string>} words English -> the page's language; nothing happens when empty
 */
export function translate(root, words) {
  if (!Object.keys(words).length) return;
  visit(root, words);
  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "childList") addedNodes.forEach((node) => visit(node, words));
      else if (target instanceof Element) attributes(target, words);
      else visit(target, words);
    }
  });
  observer.observe(root, {
    childList: true,
    subtree: true,
    characterData: true,
    attributes: true,
    attributeFilter: ATTRIBUTES,
  });
}
