// The FEEL interpreter as it runs in the isolate: one global function, JSON text in and out.
import { decide, load } from "./dmn.js";
import { scopeOf } from "./functions.js";
import { fault, mentionsOf } from "./mentions.js";
import { evaluated, tested } from "./scope.js";
import { encode, kindOf } from "./values.js";

const MOST_WARNINGS = 20;
const MOST_SOURCE = 20_000;

function batch(request) {
  const scope = scopeOf(request.variables, request.now);
  return request.sources.map((source) =>
    attempt(source, () => evaluated(source, scope)),
  );
}

function test(request) {
  const scope = scopeOf(request.variables, request.now);
  return request.sources.map((source) =>
    attempt(source, () => tested(source, request.value, scope)),
  );
}

function attempt(source, evaluation) {
  try {
    checkLength(source);
    const { value, warnings } = evaluation();
    return {
      value: encode(value),
      kind: kindOf(value),
      warnings: warnings.slice(0, MOST_WARNINGS),
    };
  } catch (error) {
    return { error: error.message };
  }
}

function checkLength(source) {
  if (source.length > MOST_SOURCE)
    throw new Error("the expression is too long");
}

/** Assigns each source's value to its target; what was assigned is visible to the next. */
function map(request) {
  const scope = { ...scopeOf(request.variables, request.now) };
  const assigned = {};
  for (const [source, target] of request.mappings) {
    const result = mapping(source, scope);
    if (result.error) return { target, source, error: result.error };
    assign(assigned, scope, target.split("."), result.value);
  }
  return { value: assigned };
}

function mapping(source, scope) {
  return source.startsWith("=")
    ? attempt(source, () => evaluated(source.slice(1), scope))
    : { value: source };
}

// A nested target keeps the other entries of the variable it writes into.
function assign(assigned, scope, [root, ...path], value) {
  scope[root] = assigned[root] = put(scope[root], path, value);
}

function put(container, [key, ...path], value) {
  if (key === undefined) return value;
  const entries = kindOf(container) === "context" ? container : {};
  return { ...entries, [key]: put(entries[key], path, value) };
}

function compile({ sources, names, unary }) {
  return sources.map((source) => {
    try {
      checkLength(source);
      return fault(source, names, unary);
    } catch (error) {
      return error instanceof RangeError
        ? "the expression is nested too deeply"
        : error.message;
    }
  });
}

function mention({ source }) {
  checkLength(source);
  return mentionsOf(source);
}

const operations = { batch, test, map, compile, mention, load, decide };

seal();

globalThis.guicheng = (text) => {
  const { operation, ...request } = JSON.parse(text);
  return JSON.stringify(operations[operation](request));
};

// Nothing that an expression could reach makes code out of text or touches what later expressions share.
function seal() {
  const examples = [
    function () {},
    async () => {},
    function* () {},
    async function* () {},
  ];
  for (const example of examples)
    delete Object.getPrototypeOf(example).constructor;
  delete Object.prototype.__proto__;
}
