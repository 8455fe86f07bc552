// @ts-check
// What the fields of the properties panel are made of: where values lie, what may be chosen.
import { both } from "../language/words.js";
import { processes } from "../outline.js";
import { offers } from "../vocabulary.js";

/** @typedef {import("./extensions.js").Place} Place */
/** @typedef {{value: string, label: string}} Offer */
/**
 * @typedef {object} Field
 * @property {string} id
 * @property {"text" | "feel" | "choice" | "list"} kind
 * @property {string} label
 * @property {string} [help]
 * @property {Place} at
 * @property {(studio: any, element: any) => Offer[]} [offers]
 * @property {boolean} [expression] a list may be an expression instead
 * @property {boolean} [free] a choice may be a value that is not offered
 * @property {"form" | "decision" | "process"} [opens] where its value can be looked at
 */
/** @typedef {{id: string, label: string, on: (object: any) => boolean, fields: Field[]}} Group */

/** @param {string} name @returns {Place} */
export const property = (name) => ({ property: name });
/** @param {[string, string, string][]} pairs @returns {() => Offer[]} */
export const fixed = (pairs) => () =>
  pairs.map(([value, zh, en]) => ({ value, label: both(zh, en) }));
/** @param {string} type */
export const is = (type) => (/** @type {any} */ object) => object.$instanceOf(type);

export const USER_TASK = is("bpmn:UserTask");
export const repeated = (/** @type {any} */ object) =>
  USER_TASK(object) && Boolean(object.get("loopCharacteristics"));
export const START = (/** @type {any} */ object) =>
  object.$instanceOf("bpmn:StartEvent") && !object.$parent?.triggeredByEvent;

/** Other steps of the same process. @param {any} _studio @param {any} element @returns {Offer[]} */
export function steps(_studio, element) {
  const found = [];
  let scope = element.businessObject.$parent;
  while (scope && !scope.$instanceOf("bpmn:Process")) scope = scope.$parent;
  const walk = (/** @type {any} */ container) => {
    for (const each of container.get("flowElements") ?? []) {
      if (each.$instanceOf("bpmn:UserTask") && each !== element.businessObject)
        found.push({ value: each.id, label: `${each.name ?? each.id} (${each.id})` });
      if (each.$instanceOf("bpmn:SubProcess")) walk(each);
    }
  };
  if (scope) walk(scope);
  return found;
}

export const roles = (/** @type {any} */ studio) => offers(studio, "roles");
export const limits = (/** @type {any} */ studio) =>
  (studio.vocabulary.limits ?? []).map((/** @type {any} */ { key, text, clause }) => ({
    value: key,
    label: [text, clause].filter(Boolean).join(" · ") + ` (${key})`,
  }));
const inside = (/** @type {any} */ studio) =>
  processes(studio.bundle.files).map(({ id, name }) => ({
    value: id,
    label: `${name || id} (${id})`,
  }));

/** @param {any} studio @returns {Offer[]} */
export function callable(studio) {
  const here = inside(studio);
  const known = new Set(here.map(({ value }) => value));
  return [...here, ...offers(studio, "processes").filter(({ value }) => !known.has(value))];
}

export const RETURNS = fixed([
  ["previous", "上一步", "The step before"],
  ["starter", "发起人", "The starter"],
  ["any", "办过的任一步", "Any step done"],
]);
