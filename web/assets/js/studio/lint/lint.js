// @ts-check
// bpmnlint over the open diagram: what stock rules know about drawing. What runs is the engine's word, so rules that
// only know Camunda's own versions or products are left out.
import Linter from "bpmnlint/lib/linter.js";
import calledElement from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/called-element";
import duplicateHeaders from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/duplicate-task-headers";
import errorReference from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/error-reference";
import escalationReference from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/escalation-reference";
import eventGateway from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/event-based-gateway-target";
import executable from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/executable-process";
import feel from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/feel";
import implementation from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/implementation";
import linkEvent from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/link-event";
import loop from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/loop-characteristics";
import messageReference from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/message-reference";
import condition from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/sequence-flow-condition";
import signalReference from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/signal-reference";
import subscription from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/subscription";
import schedule from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/task-schedule";
import timer from "bpmnlint-plugin-camunda-compat/rules/camunda-cloud/timer";
import endRequired from "bpmnlint/rules/end-event-required";
import label from "bpmnlint/rules/label-required";
import disconnected from "bpmnlint/rules/no-disconnected";
import duplicateFlows from "bpmnlint/rules/no-duplicate-sequence-flows";
import joinFork from "bpmnlint/rules/no-gateway-join-fork";
import implicitSplit from "bpmnlint/rules/no-implicit-split";
import startRequired from "bpmnlint/rules/start-event-required";
import superfluous from "bpmnlint/rules/superfluous-gateway";
import { words } from "./words.js";

const VERSION = { version: "8.8" };

/** Errors by what a rule finds: a diagram with one will not do what it shows. @type {Record<string, any>} */
const FAULTS = {
  "called-element": calledElement,
  "duplicate-task-headers": duplicateHeaders,
  "error-reference": errorReference,
  "escalation-reference": escalationReference,
  "event-based-gateway-target": eventGateway,
  "executable-process": executable,
  feel,
  implementation,
  "link-event": linkEvent,
  "loop-characteristics": loop,
  "message-reference": messageReference,
  "sequence-flow-condition": condition,
  "signal-reference": signalReference,
  subscription,
  "task-schedule": schedule,
  timer,
};

/** @type {Record<string, any>} */
const ADVICE = {
  "end-event-required": endRequired,
  "label-required": label,
  "no-disconnected": disconnected,
  "no-duplicate-sequence-flows": duplicateFlows,
  "no-gateway-join-fork": joinFork,
  "no-implicit-split": implicitSplit,
  "start-event-required": startRequired,
  "superfluous-gateway": superfluous,
};

const RULES = { ...FAULTS, ...ADVICE };

/** @param {Record<string, any>} rules @param {string} level */
const at = (rules, level) =>
  Object.fromEntries(Object.keys(rules).map((name) => [name, [level, VERSION]]));

const linter = new Linter({
  config: { rules: { ...at(FAULTS, "warn"), ...at(ADVICE, "info") } },
  resolver: {
    resolveRule: (/** @type {string} */ _package, /** @type {string} */ name) => RULES[name],
    resolveConfig: () => {
      throw new Error("rules are named one by one");
    },
  },
});

/** @param {any} definitions of the modeler @param {string} path @returns {Promise<import("../findings.js").Finding[]>} */
export async function lint(definitions, path) {
  const results = await linter.lint(definitions);
  return Object.entries(results).flatMap(([rule, reports]) =>
    reports.map((/** @type {any} */ { id, message, category }) => ({
      path,
      elementId: id ?? null,
      severity: category === "warn" ? "warning" : "info",
      code: rule,
      message: words(rule, message),
      source: "bpmnlint",
    })),
  );
}
