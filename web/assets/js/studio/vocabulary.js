// @ts-check
// What pickers offer: the server's lists, and what has been made here since.
import { stepOf } from "./outline.js";

/** @typedef {{key: string, name: string}} Named */
/** @typedef {{key: string, text: string, clause: string}} Limit */
/**
 * @typedef {object} Vocabulary
 * @property {Named[]} roles
 * @property {Limit[]} limits
 * @property {(string | Named)[]} settings
 * @property {(string | Named)[]} processes
 * @property {(string | Named)[]} forms
 * @property {(string | Named)[]} decisions
 * @property {(string | Named)[]} jobTypes
 * @property {Record<string, string[]>} variables by element
 */
/** @typedef {{value: string, label: string}} Offer */

/** @param {any} each @returns {Offer} */
export function offer(each) {
  if (typeof each === "string") return { value: each, label: each };
  const value = each.key ?? each.id ?? each.value;
  const name = each.name ?? each.text ?? each.label;
  return { value, label: name && name !== value ? `${name} (${value})` : value };
}

/** @param {import("./studio.js").Studio} studio @param {string} kind @returns {Offer[]} */
export function offers({ vocabulary }, kind) {
  return (vocabulary[kind] ?? []).map(offer);
}

/** Forms of the bundle by their id, with the step they belong to. @param {import("./studio.js").Studio} studio @returns {Offer[]} */
export function forms({ bundle, locale }) {
  return bundle.list(/^forms\/.+\.form$/).map((path) => {
    const id = path.slice("forms/".length, -".form".length);
    const step = stepOf(bundle.files, locale, id);
    return { value: id, label: step ? `${step} (${id})` : id };
  });
}

/** Decisions of the bundle and those deployed. @param {import("./studio.js").Studio} studio @returns {Offer[]} */
export function decisions(studio) {
  const here = studio.bundle.list(/^decisions\/.+\.dmn$/).flatMap((path) => {
    const xml = new DOMParser().parseFromString(studio.bundle.files[path], "application/xml");
    return [...xml.getElementsByTagNameNS("*", "decision")].map((each) =>
      offer({ key: each.id, name: each.getAttribute("name") }),
    );
  });
  const known = new Set(here.map(({ value }) => value));
  return [...here, ...offers(studio, "decisions").filter(({ value }) => !known.has(value))];
}

/** Records of the bundle that can be printed. @param {import("./studio.js").Studio} studio @returns {Offer[]} */
export function prints({ bundle }) {
  return bundle.list(/^prints\/.+\.html$/).map((path) => {
    const id = path.slice("prints/".length, -".html".length);
    const title = /aria-label="([^"]+)"/.exec(bundle.files[path])?.[1];
    return { value: id, label: title ? `${title} (${id})` : id };
  });
}
