// Boxed expressions (DMN 1.3, 10.2.1): text, tables, contexts, lists, functions and their kin.
import { FeelFunction } from "feelin";
import { literal } from "./literal.js";
import { table } from "./table.js";
import { converted } from "./types.js";
import { kindOf } from "./values.js";

const KINDS = {
  literal: ({ text }, context, run) => literal(text, context, run),
  table,
  context: boxedContext,
  list: ({ items }, context, run) =>
    items.map((item) => expression(item, context, run)),
  relation,
  function: boxedFunction,
  invocation,
  conditional,
  filter,
  for: iteration,
  some: (box, context, run) =>
    satisfied(box, context, run)?.some(Boolean) ?? null,
  every: (box, context, run) =>
    satisfied(box, context, run)?.every(Boolean) ?? null,
};

/** The value of a boxed expression; what goes wrong is noted in the run, and its value is null. */
export function expression(box, context, run) {
  return box ? KINDS[box.kind](box, context, run) : null;
}

function boxedContext({ entries }, context, run) {
  const visible = { ...context };
  const result = {};
  for (const [name, box, type] of entries) {
    const value = converted(
      expression(box, visible, run),
      type,
      run.model.types,
    );
    if (name === null) return value;
    result[name] = visible[name] = value;
  }
  return result;
}

function relation({ columns, rows }, context, run) {
  return rows.map((row) =>
    Object.fromEntries(
      columns.map((name, index) => [
        name,
        expression(row[index], context, run),
      ]),
    ),
  );
}

function boxedFunction({ parameters, body }, context, run) {
  const call = (...values) => {
    const inner = { ...context };
    parameters.forEach(([name, type], index) => {
      inner[name] = converted(values[index], type, run.model.types);
    });
    return expression(body, inner, run);
  };
  return new FeelFunction(
    call,
    parameters.map(([name]) => name),
  );
}

function invocation({ called, bindings }, context, run) {
  const target = expression(called, context, run);
  if (!(target instanceof FeelFunction)) return null;
  const values = Object.fromEntries(
    bindings.map(([name, box]) => [name, expression(box, context, run)]),
  );
  const result = target.invoke(values);
  if (!result?.warning) return result ?? null;
  run.errors.push("the arguments do not fit the function");
  return null;
}

function conditional({ condition, then, otherwise }, context, run) {
  const chosen =
    expression(condition, context, run) === true ? then : otherwise;
  return expression(chosen, context, run);
}

function filter({ source, match }, context, run) {
  const list = expression(source, context, run);
  if (list === null) return null;
  return (Array.isArray(list) ? list : [list]).filter((item) => {
    const properties = kindOf(item) === "context" ? item : {};
    return expression(match, { ...context, ...properties, item }, run) === true;
  });
}

function iteration({ variable, source, result }, context, run) {
  const list = expression(source, context, run);
  if (!Array.isArray(list)) return null;
  const partial = [];
  for (const item of list) {
    const inner = { ...context, [variable]: item, partial: [...partial] };
    partial.push(expression(result, inner, run));
  }
  return partial;
}

function satisfied({ variable, source, condition }, context, run) {
  const list = expression(source, context, run);
  if (!Array.isArray(list)) return null;
  return list.map(
    (item) =>
      expression(condition, { ...context, [variable]: item }, run) === true,
  );
}
