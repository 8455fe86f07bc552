// What an expression sees, and its evaluation.
import { evaluate, unaryTest } from "feelin";
import { functionsIn } from "./functions.js";
import { DIALECT, syntaxFault } from "./mentions.js";

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

/** `{value, warnings}` of an expression; throws with a readable message when it is no FEEL or fails. */
export function evaluated(source, context) {
  return run(evaluate, source, narrowed(context, source));
}

/** `{value, warnings}` of unary tests against `value`: true, false or null. */
export function tested(source, value, context) {
  return run(unaryTest, source, { ...narrowed(context, source), "?": value });
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
