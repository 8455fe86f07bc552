// @ts-check
// The dictionary of the bpmn.io tools: the community's two, and ours, which goes before them.
import bpmn from "bpmn-js-i18n-zh/lib/bpmn-js";
import panel from "bpmn-js-i18n-zh/lib/properties-panel";
import zeebe from "bpmn-js-i18n-zh/lib/zeebe-properties-panel";
import community from "bpmn-js-i18n/translations/zn.js";
import own from "./tools_zh.json";
import { english } from "./words.js";

/** @type {Record<string, string>} */
const WORDS = english ? {} : { ...community, ...bpmn, ...panel, ...zeebe, ...own };

/** @param {string} template @param {Record<string, string>} [values] */
export function translate(template, values = {}) {
  const hit = Object.hasOwn(WORDS, template) ? WORDS[template] : undefined;
  return (hit ?? template).replace(/\{([^}]+)\}/g, (whole, name) => values[name] ?? whole);
}

export default { translate: ["value", translate] };
