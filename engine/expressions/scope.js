// What an expression sees, and its evaluation.
import { FeelFunction, evaluate, unaryTest } from "feelin";
import { functionsIn } from "./functions.js";
import { DIALECT, mentionsOf, syntaxFault } from "./mentions.js";

/**
 * Of `context` only the entries whose name occurs in `source`: the interpreter copies all of its context for
 * every expression. Our functions are added likewise; a variable of the same name goes first.
 */
export function narrowed(context, source) {
  const text = squeezed(source);
  const seen = Object.entries(context).filter(([name]) =>
    text.includes(squeezed(name)),
  );
  return { ...functionsIn(source), ...Object.fromEntries(seen) };
}

/**
 * Source and context with other names for variables that a function of the same name would lose to: in
 * `date > date("2026-01-01")` the variable hides the function.
 */
function disambiguated(source, context, unary) {
  const called = ([name, value]) =>
    source.includes(`${name}(`) && !isFunction(value);
  if (!Object.entries(context).some(called)) return [source, context];
  const mentions = mentionsOf(source, unary);
  const hidden = mentions
    .filter(({ called }) => called)
    .map(({ name }) => name)
    .filter((name) => Object.hasOwn(context, name))
    .filter((name) => !isFunction(context[name]));
  return renamed(source, context, mentions, new Set(hidden));
}

function renamed(source, context, mentions, names) {
  const alias = (name) => `variable_${name.replace(/\W/g, "_")}`;
  const entries = Object.entries(context).map(([name, value]) => [
    names.has(name) ? alias(name) : name,
    value,
  ]);
  let text = source;
  for (const { name, from, to, called, filtered } of mentions.toReversed())
    if (names.has(name) && !called && !filtered)
      text = text.slice(0, from) + alias(name) + text.slice(to);
  return [text, { ...functionsIn(source), ...Object.fromEntries(entries) }];
}

const isFunction = (value) => value instanceof FeelFunction;

/** `{value, warnings}` of an expression; throws with a readable message when it is no FEEL or fails. */
export function evaluated(source, context) {
  const seen = narrowed(context, source);
  return run(evaluate, ...disambiguated(source, seen, false));
}

/** `{value, warnings}` of unary tests against `value`: true, false or null. */
export function tested(source, value, context) {
  const seen = { ...narrowed(context, source), "?": value };
  return run(unaryTest, ...disambiguated(source, seen, true));
}

function run(interpret, source, context) {
  try {
    const { value, warnings } = interpret(source, context, DIALECT);
    return { value: value ?? null, warnings: warnings.map(warning) };
  } catch (error) {
    throw new Error(reason(error, source), { cause: error });
  }
}

/** The message of a failure, without the interpreter's grammar terms. */
function reason(error, source) {
  if (error.position) return syntaxFault(source, error.position.from);
  if (error instanceof RangeError) return "the expression is nested too deeply";
  return String(error.message ?? error).slice(0, 200);
}

function warning({ message }) {
  return message.slice(0, 200);
}

function squeezed(text) {
  return /\s/.test(text) ? text.replace(/\s+/g, "") : text;
}
