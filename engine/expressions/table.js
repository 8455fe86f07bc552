// Decision tables and their hit policies (DMN 1.3, 8.2.10).
import { literal, passes } from "./literal.js";
import { declared } from "./types.js";
import { encode } from "./values.js";

/** The table's value; what went in and which rules matched is noted in the run. */
export function table(box, context, run) {
  const values = box.inputs.map((input) => inputValue(input, context, run));
  const note = run.path.at(-1);
  note?.inputs.push(...box.inputs.map(({ text }, at) => [text, values[at]]));
  if (!allowed(box, values, context, run)) return null;
  const hits = matching(box, values, context, run);
  const found = hits.map((rule) => output(box, rule.outputs, context, run));
  note?.rules.push(...hits.map((rule, at) => hit(box, rule, found[at])));
  if (hits.length === 0) return nothing(box, context, run);
  return POLICIES[box.policy]({ box, context, run, outputs: () => found });
}

/** What is noted of a rule that matched: its place in the table, from 1, and its outputs by column. */
function hit(box, rule, found) {
  const single = box.outputs.length === 1;
  const outputs = box.outputs.map(({ name }) => [
    name ?? "",
    single ? found : found[name],
  ]);
  return { id: rule.id, place: box.rules.indexOf(rule) + 1, outputs };
}

function inputValue({ text, type }, context, run) {
  const value = literal(text, context, run);
  if (run.tagged) return value;
  const typed = declared(value, type, run.model.types);
  if (typed === null && value !== null)
    run.warnings.push(`the value of ${text} is no ${type}`);
  return typed;
}

function allowed(box, values, context, run) {
  return box.inputs.every(({ allowed: tests, text }, index) => {
    const value = values[index];
    if (!tests || value === null || passes(tests, value, context, run))
      return true;
    run.errors.push(`the value of ${text} is not one of ${tests}`);
    return false;
  });
}

function matching(box, values, context, run) {
  const hits = [];
  for (const rule of box.rules) {
    const matches = rule.inputs.every((text, index) =>
      passes(text, values[index] ?? null, context, run),
    );
    if (matches) hits.push(rule);
    if (matches && box.policy === "FIRST") break;
  }
  return hits;
}

function output(box, texts, context, run) {
  if (box.outputs.length === 1) return literal(texts[0], context, run);
  return Object.fromEntries(
    box.outputs.map(({ name }, index) => [
      name,
      literal(texts[index], context, run),
    ]),
  );
}

function nothing(box, context, run) {
  const defaults = box.outputs.map((column) => column.otherwise);
  if (defaults.some(Boolean)) return output(box, defaults, context, run);
  return box.aggregation === "COUNT" ? 0 : null;
}

const POLICIES = {
  UNIQUE: unique,
  ANY: any,
  FIRST: ({ outputs }) => outputs()[0],
  PRIORITY: (match) => ordered(match)[0],
  "OUTPUT ORDER": ordered,
  "RULE ORDER": ({ outputs }) => outputs(),
  COLLECT: collected,
};

const AGGREGATIONS = {
  COUNT: (values) => values.length,
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

function collected({ box, run, outputs }) {
  const values = outputs();
  if (!box.aggregation) return values;
  const numeric = values.every((value) => typeof value === "number");
  if (numeric || box.aggregation === "COUNT")
    return AGGREGATIONS[box.aggregation](values);
  return violation(run, `${box.aggregation} needs numbers in every output`);
}

function unique({ run, outputs }) {
  const values = outputs();
  if (values.length === 1) return values[0];
  return violation(run, `${values.length} rules match where only one may`);
}

function any({ run, outputs }) {
  const values = outputs();
  if (values.every((value) => same(value, values[0]))) return values[0];
  return violation(run, "the rules that match do not agree");
}

function violation(run, message) {
  run.errors.push(message);
  return null;
}

// Outputs in the order of their columns' output values, the first column first.
function ordered({ box, context, run, outputs }) {
  const columns = box.outputs.map(({ name, allowed: list }) => ({
    name,
    values: (list && literal(`[${list}]`, context, run)) || [],
  }));
  const ranked = outputs().map((value) => ({
    value,
    ranks: columns.map((column) =>
      rank(column, columns.length === 1 ? value : value[column.name]),
    ),
  }));
  return ranked.sort(compareRanks).map(({ value }) => value);
}

function rank({ values }, value) {
  const index = values.findIndex((listed) => same(listed, value));
  return index < 0 ? values.length : index;
}

function compareRanks({ ranks: left }, { ranks: right }) {
  const column = left.findIndex((rank, index) => rank !== right[index]);
  return column < 0 ? 0 : left[column] - right[column];
}

function same(left, right) {
  return (
    JSON.stringify(encode(left, true)) === JSON.stringify(encode(right, true))
  );
}
