// Text within a DMN model.
import { evaluated, tested } from "./scope.js";

/** The value of FEEL text, null when there is none or it fails; errors and warnings are noted in the run. */
export function literal(text, context, run) {
  return text ? noted(text, run, () => evaluated(text, context)) : null;
}

/** Whether `value` passes the unary tests; empty text and "-" pass everything, what fails to evaluate nothing. */
export function passes(text, value, context, run) {
  if (text === "" || text === "-") return true;
  return noted(text, run, () => tested(text, value, context)) === true;
}

function noted(text, run, evaluation) {
  try {
    const { value, warnings } = evaluation();
    run.warnings.push(...warnings);
    return value;
  } catch (error) {
    run.errors.push(`${text.slice(0, 60)}: ${error.message}`);
    return null;
  }
}
