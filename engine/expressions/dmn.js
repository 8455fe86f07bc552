// Decisions of a DMN model with what they require. A model is the JSON that engine/decisions.py reads from XML.
import { FeelFunction } from "feelin";
import { expression } from "./boxed.js";
import { scopeOf } from "./functions.js";
import { converted, declared } from "./types.js";
import { encode, untagged } from "./values.js";

const MOST_MODELS = 100;
const MOST_NOTES = 20;
const DEEPEST = 50;

const models = new Map();

/** Keeps the model under its key; the oldest gives way when there are too many. */
export function load({ key, model }) {
  models.set(key, JSON.parse(model));
  if (models.size > MOST_MODELS) models.delete(models.keys().next().value);
  return null;
}

/**
 * The value of a decision or decision service, the trace of the decisions evaluated for it, errors and warnings;
 * `{unknown: true}` when the model has not been loaded. Every variable is visible in every expression, as in
 * Camunda; when `tagged`, only declared inputs are (strict DMN), and temporal values are tagged on both sides.
 */
export function decide({ key, decision, variables, tagged, now }) {
  const model = models.get(key);
  if (!model) return { unknown: true };
  const run = started(model, variables, tagged, now);
  const value = attempt(run, () => encode(answer(decision, run), tagged));
  return {
    value: value ?? null,
    trace: run.trace,
    errors: unique(run.errors),
    warnings: unique(run.warnings),
  };
}

function started(model, variables, tagged, now) {
  const inputs = tagged ? untagged(variables) : variables;
  const names = tagged ? {} : inputs;
  return {
    ...{ model, inputs, tagged, done: new Map(), functions: new Map() },
    ...{ visible: scopeOf(names, now) },
    ...{ path: [], trace: [], errors: [], warnings: [] },
  };
}

function attempt(run, evaluation) {
  try {
    return evaluation();
  } catch (error) {
    run.errors.push(error.message);
    return null;
  }
}

function unique(notes) {
  return [...new Set(notes)].slice(0, MOST_NOTES);
}

function answer(id, run) {
  const service = run.model.services[id];
  if (!service) return decided(id, run);
  const { inputs, decisions } = run.model;
  const names = [
    ...service.inputs.map((input) => inputs[input].name),
    ...service.decisions.map((decision) => decisions[decision].name),
  ];
  return serviceOf(service, run).invoke(
    names.map((name) => run.inputs[name] ?? null),
  );
}

function decided(id, run) {
  if (run.done.has(id)) return run.done.get(id);
  const decision = run.model.decisions[id];
  if (!decision) throw new Error(`there is no decision ${id}`);
  if (run.path.length > DEEPEST) throw new Error(`${id} requires itself`);
  const kind = decision.expression?.kind ?? "literal";
  const entry = {
    ...{ decision: id, name: decision.name, kind, inputs: [], rules: [] },
  };
  run.path.push(entry);
  const { type } = decision;
  const context = required(decision, run);
  const result = expression(decision.expression, context, run);
  const value = converted(result, type, run.model.types);
  if (value === null && result !== null)
    run.warnings.push(`the value of ${decision.name} is no ${type}`);
  run.path.pop();
  run.done.set(id, value);
  run.trace.push({
    ...entry,
    ...attempt(run, () => ({
      value: encode(value, run.tagged),
      inputs: noted(entry.inputs, run),
      rules: entry.rules.map((rule) => ({
        ...rule,
        outputs: noted(rule.outputs, run),
      })),
    })),
  });
  return value;
}

function noted(pairs, run) {
  return pairs.map(([name, value]) => [
    name,
    encode(value ?? null, run.tagged),
  ]);
}

function required(decision, run) {
  const context = { ...run.visible };
  for (const id of decision.inputs) {
    const input = run.model.inputs[id];
    if (input && (run.tagged || input.name in run.inputs))
      context[input.name] = inputOf(input, run);
  }
  for (const id of decision.decisions) {
    const other = run.model.decisions[id];
    if (other) context[other.name] = decided(id, run);
  }
  return Object.assign(context, knowledge(decision.knowledge, run));
}

function inputOf(input, run) {
  const value = run.inputs[input.name] ?? null;
  const { types } = run.model;
  return run.tagged
    ? converted(value, input.type, types)
    : declared(value, input.type, types);
}

/** The business knowledge models and decision services of these ids, as functions by name. */
function knowledge(ids, run) {
  const { knowledge: models, services } = run.model;
  const entries = ids.flatMap((id) => {
    if (models[id]) return [[models[id].name, functionOf(id, run)]];
    if (services[id])
      return [[services[id].name, serviceOf(services[id], run)]];
    return [];
  });
  return Object.fromEntries(entries);
}

function functionOf(id, run) {
  if (!run.functions.has(id)) {
    const model = run.model.knowledge[id];
    const { parameters, body } = model.logic;
    const call = (...values) => {
      const context = knowledge(model.knowledge, run);
      context[model.name] = run.functions.get(id);
      bind(context, parameters, values, run);
      return converted(
        expression(body, context, run),
        model.type,
        run.model.types,
      );
    };
    const names = parameters.map(([name]) => name);
    run.functions.set(id, new FeelFunction(call, names));
  }
  return run.functions.get(id);
}

function bind(context, parameters, values, run) {
  parameters.forEach(([name, type], index) => {
    context[name] = converted(values[index], type, run.model.types);
  });
}

function serviceOf(service, run) {
  const { inputs, decisions } = run.model;
  const inputNames = service.inputs.map((id) => inputs[id].name);
  const decisionNames = service.decisions.map((id) => decisions[id].name);
  const call = (...values) => {
    const inner = { ...run, done: new Map(), inputs: { ...run.inputs } };
    inputNames.forEach((name, index) => {
      inner.inputs[name] = values[index] ?? null;
    });
    service.decisions.forEach((id, index) => {
      inner.done.set(id, values[inputNames.length + index] ?? null);
    });
    const results = service.outputs.map((id) => [
      decisions[id].name,
      decided(id, inner),
    ]);
    return results.length === 1 ? results[0][1] : Object.fromEntries(results);
  };
  return new FeelFunction(call, [...inputNames, ...decisionNames]);
}
