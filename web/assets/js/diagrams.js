// @ts-check
// Loads the diagram viewer when a diagram comes into view.
import { make } from "./dom.js";
import { say } from "./words.js";

/** @type {WeakSet<Element>} */
const seen = new WeakSet();

/** @param {HTMLElement} host */
async function draw(host) {
  const { viewer = "", style = "" } = host.dataset;
  if (!document.querySelector(`link[href="${CSS.escape(style)}"]`)) {
    document.head.append(make("link", { rel: "stylesheet", href: style }));
  }
  try {
    const { show } = await import(viewer);
    await show(host);
  } catch (error) {
    console.error(error);
    host.replaceChildren(make("p", { class: "gc-pad small" }, say("diagramFailed")));
  }
}

/** Watches for diagrams, now and after swaps. */
export function startDiagrams() {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting || !(target instanceof HTMLElement)) continue;
        observer.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: "200px" },
  );
  const find = () => {
    for (const host of document.querySelectorAll("[data-viewer]")) {
      if (!seen.has(host)) observer.observe(host);
      seen.add(host);
    }
  };
  find();
  document.addEventListener("htmx:after:swap", find);
}
