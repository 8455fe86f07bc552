// What an expression mentions, read from its syntax tree.
import { parseExpression, parseUnaryTests } from "feelin";
import { isFunctionName } from "./functions.js";

export const DIALECT = "camunda";

/**
 * The syntax tree of an expression or of unary tests. `names` are the variables known to exist: only these are
 * recognised when they contain spaces or operators.
 */
function parse(source, unary, names) {
  const context = Object.fromEntries(names.map((name) => [name, null]));
  return (unary ? parseUnaryTests : parseExpression)(source, context, DIALECT);
}

/** Why the source is no valid FEEL, or null; `names` as for `parse`, functions among them. */
export function fault(source, names, unary) {
  if (source.trim() === "") return "the expression is empty";
  const tree = parse(source, unary, compoundNames(source, names));
  const position = firstError(tree);
  if (position !== null) return syntaxFault(source, position);
  const unknown = mentions(tree, source).find(
    ({ name, called }) =>
      called && !names.includes(name) && !isFunctionName(name),
  );
  return unknown ? `there is no function ${unknown.name}` : null;
}

// A known plain name would only keep the grammar from reading it as part of a function's name.
function compoundNames(source, names) {
  const text = source.replace(/\s+/g, "");
  return names.filter(
    (name) => /[^\w]/.test(name) && text.includes(name.replace(/\s+/g, "")),
  );
}

/** A reader's description of the place where the source stops being FEEL. */
export function syntaxFault(source, position) {
  const rest = source.slice(position).trimStart().slice(0, 20);
  return rest === ""
    ? "the expression ends too early"
    : `not understood from character ${position + 1}: ${rest}`;
}

/**
 * The free names of an expression: `{name, path, from, to, called, filtered}`. `path` is the dotted name as far
 * as it is spelled out; `called` when it names a function; `filtered` within `[…]`, where it may as well be a
 * property of the list's items.
 */
export function mentionsOf(source, unary = false) {
  return mentions(parse(source, unary, []), source);
}

function mentions(tree, source) {
  const walk = { source, found: [] };
  visit(tree.topNode, walk, { bound: new Set(), filtered: false });
  return walk.found;
}

function firstError(tree) {
  let position = null;
  tree.iterate({
    enter({ type, from }) {
      if (type.isError && position === null) position = from;
      return position === null;
    },
  });
  return position;
}

const VISITORS = {
  Type: () => {},
  ParameterName: () => {},
  VariableName: report,
  PathExpression: visitPath,
  FunctionInvocation: visitCall,
  DateTimeConstructor: (node, walk, scope) =>
    report(node, walk, scope, { called: true }),
  FilterExpression: visitFilter,
  ForExpression: visitIteration,
  QuantifiedExpression: visitIteration,
  FunctionDefinition: visitFunction,
  Context: visitContext,
};

function visit(node, walk, scope) {
  const visitor = VISITORS[node.name] ?? visitChildren;
  visitor(node, walk, scope);
}

function visitChildren(node, walk, scope) {
  for (const child of children(node)) visit(child, walk, scope);
}

function report(node, walk, scope, { path = [], called = false } = {}) {
  const name = nameOf(node, walk.source);
  if (scope.bound.has(name)) return;
  const { from, to } = node;
  const { filtered } = scope;
  const dotted = [name, ...path].join(".");
  walk.found.push({ name, path: dotted, from, to, called, filtered });
}

function visitPath(node, walk, scope) {
  const path = [];
  let target = node;
  while (target.name === "PathExpression") {
    path.unshift(nameOf(target.lastChild, walk.source));
    target = target.firstChild;
  }
  if (target.name === "VariableName") report(target, walk, scope, { path });
  else visit(target, walk, scope);
}

function visitCall(node, walk, scope) {
  const [target, ...rest] = children(node);
  if (target.name === "VariableName")
    report(target, walk, scope, { called: true });
  else visit(target, walk, scope);
  for (const child of rest) visit(child, walk, scope);
}

function visitFilter(node, walk, scope) {
  const [target, ...rest] = children(node);
  visit(target, walk, scope);
  const inner = { bound: new Set([...scope.bound, "item"]), filtered: true };
  for (const child of rest) visit(child, walk, inner);
}

function visitIteration(node, walk, scope) {
  const inner = widened(scope, ["partial"]);
  for (const child of children(node)) {
    if (child.name !== "InExpressions") visit(child, walk, inner);
    else for (const clause of children(child)) bind(clause, walk, inner);
  }
}

function visitFunction(node, walk, scope) {
  const inner = widened(scope, []);
  node.cursor().iterate(({ name, node: part }) => {
    if (name === "FunctionBody") return false;
    if (name === "ParameterName") inner.bound.add(nameOf(part, walk.source));
    return true;
  });
  for (const child of node.getChildren("FunctionBody"))
    visit(child, walk, inner);
}

function visitContext(node, walk, scope) {
  const inner = widened(scope, []);
  for (const entry of node.getChildren("ContextEntry"))
    bind(entry, walk, inner);
}

// The name of a clause or entry is visible after it, not in its own value.
function bind(clause, walk, scope) {
  const [name, ...rest] = children(clause);
  for (const child of rest) visit(child, walk, scope);
  scope.bound.add(nameOf(name, walk.source));
}

function widened(scope, names) {
  return { ...scope, bound: new Set([...scope.bound, ...names]) };
}

function children(node) {
  const found = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    found.push(child);
  return found;
}

function nameOf(node, source) {
  const text = source.slice(node.from, node.to).replace(/\s+/g, " ");
  return text.replace(/^[`"](.*)[`"]$/, "$1");
}
