// @ts-check
// The properties panel as an owner sees it: our groups first, then of the stock panel what the engine honours (support
// matrix in engine/README.md) and nothing else.
import { Group } from "@bpmn-io/properties-panel";
import { GROUPS, OURS, fieldsOf } from "./fields.js";
import { entry } from "./entries.js";
import { properties, subject } from "./extensions.js";

const BELOW_TEMPLATES = 100; // they register at 300, so this sees what they leave

/** Stock groups that stay, by element; those of ours that say the same take their place. @type {[string, string[]][]} */
const STOCK = [
  ["bpmn:UserTask", ["multiInstance", "taskSchedule", "inputs", "outputs"]],
  ["bpmn:ServiceTask", ["inputs", "outputs", "headers", "multiInstance"]],
  ["bpmn:SendTask", ["inputs", "outputs", "headers", "multiInstance"]],
  ["bpmn:ReceiveTask", ["message", "inputs", "outputs", "multiInstance"]],
  ["bpmn:BusinessRuleTask", ["businessRuleImplementation", "inputs", "outputs", "multiInstance"]],
  [
    "bpmn:ScriptTask",
    [
      "scriptImplementation",
      "script",
      "taskDefinition",
      "headers",
      "inputs",
      "outputs",
      "multiInstance",
    ],
  ],
  [
    "bpmn:CallActivity",
    ["inputPropagation", "inputs", "outputPropagation", "outputs", "multiInstance"],
  ],
  [
    "bpmn:AdHocSubProcess",
    ["activeElements", "adHocCompletion", "outputCollection", "inputs", "outputs", "multiInstance"],
  ],
  ["bpmn:SubProcess", ["inputs", "outputs", "multiInstance"]],
  ["bpmn:SequenceFlow", ["condition"]],
  [
    "bpmn:Event",
    [
      "timer",
      "message",
      "signal",
      "error",
      "escalation",
      "condition",
      "event-condition",
      "link",
      "compensation",
      "taskDefinition",
      "headers",
      "inputs",
      "outputs",
    ],
  ],
];
const ALWAYS = ["general", "documentation"];

/** Entries of groups that stay which the engine does not honour. */
const UNHEARD =
  /(businessId|isStartableInTasklist|jobPriority|externalReference|waitForCompletion|bindingType|versionTagRef|taskDefinitionPriority)/i;

/** @param {any} object */
function stays(object) {
  const own = STOCK.find(([type]) => object.$instanceOf?.(type))?.[1] ?? [];
  const unknown = Object.keys(properties(object)).some((name) => !OURS.has(name));
  const known = [...ALWAYS, ...own, ...(unknown ? ["Zeebe__ExtensionProperties"] : [])];
  return (/** @type {any} */ { id }) => id.startsWith("ElementTemplates__") || known.includes(id);
}

/** @param {any} group */
function heard(group) {
  if (!group.entries) return group;
  return {
    ...group,
    entries: group.entries.filter((/** @type {any} */ { id }) => !UNHEARD.test(id)),
  };
}

export class Panel {
  /** @param {any} propertiesPanel @param {any} studio */
  constructor(propertiesPanel, studio) {
    this.studio = studio;
    propertiesPanel.registerProvider(BELOW_TEMPLATES, this);
  }

  /** @param {any} element */
  getGroups(element) {
    return (/** @type {any[]} */ groups) => {
      const stock = groups.filter(stays(element.businessObject)).map(heard);
      const kept = stock.filter(({ entries, items }) => items || !entries || entries.length);
      return [...kept.slice(0, 1), ...this.ours(element), ...kept.slice(1)];
    };
  }

  /** @param {any} element */
  ours(element) {
    const object = subject(element);
    if (!object?.$instanceOf || element.type === "label") return [];
    return GROUPS.filter(({ on }) => on(object)).map((group) => ({
      id: `gc-${group.id}`,
      label: group.label,
      component: Group,
      entries: fieldsOf(group, object).map((field) => entry(field, this.studio)),
      shouldOpen: true,
    }));
  }
}
Panel.$inject = ["propertiesPanel", "config.studio"];

export default { __init__: ["gcPanel"], gcPanel: ["type", Panel] };
