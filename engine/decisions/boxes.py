"""Boxed expressions of DMN (10.2.1 of the standard, version 1.3) as JSON for `engine/expressions/boxed.js`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .elements import Element, box, boxes, child, children, kind, text_of, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .reading import Reading

Box = dict[str, Any]

POLICIES = {"UNIQUE", "ANY", "FIRST", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"}
AGGREGATIONS = {None, "SUM", "MIN", "MAX", "COUNT"}


def expression(reading: Reading, element: Element | None) -> Box | None:
    """The boxed expression of an element, None without one."""
    return None if element is None else KINDS[kind(element)](reading, element)


def inner(reading: Reading, parent: Element) -> Box | None:
    """The boxed expression within an element."""
    return expression(reading, box(parent))


def function(reading: Reading, element: Element) -> Box:
    """A function definition, or the encapsulated logic of a business knowledge model."""
    language = element.get("kind", "FEEL")
    if language != "FEEL":
        reading.unsupported(element, f"A function of kind {language}", "only FEEL is")
    parameters = [[one.get("name"), type_of(one)] for one in children(element, "formalParameter")]
    reading.names.update(name for name, _ in parameters)
    return {"kind": "function", "parameters": parameters, "body": inner(reading, element)}


def _literal(reading: Reading, element: Element) -> Box:
    reading.check_language(element)
    if child(element, "importedValues") is not None:
        reading.unsupported(element, "importedValues", "the text stands elsewhere")
    return {"kind": "literal", "text": reading.text(element)}


def _table(reading: Reading, element: Element) -> Box:
    table: Box = {
        "kind": "table",
        "policy": element.get("hitPolicy", "UNIQUE"),
        "aggregation": element.get("aggregation"),
        "inputs": [_input(reading, column) for column in children(element, "input")],
        "outputs": [_output(reading, column) for column in children(element, "output")],
        "rules": [
            _rule(reading, *numbered) for numbered in enumerate(children(element, "rule"), 1)
        ],
    }
    _check_table(reading, element, table)
    return table


def _input(reading: Reading, element: Element) -> Box:
    source = child(element, "inputExpression")
    if source is None:
        reading.missing(element, "The input's expression")
        return {"text": "", "type": None, "allowed": ""}
    reading.check_language(source)
    return {
        "text": reading.text(source),
        "type": type_of(source),
        "allowed": reading.text(child(element, "inputValues"), unary=True),
    }


def _output(reading: Reading, element: Element) -> Box:
    return {
        "name": element.get("name") or element.getparent().get("outputLabel") or "",
        "allowed": text_of(child(element, "outputValues")),
        "otherwise": reading.text(child(element, "defaultOutputEntry")),
    }


def _rule(reading: Reading, number: int, element: Element) -> Box:
    return {
        "id": element.get("id") or str(number),
        "inputs": [reading.text(cell, unary=True) for cell in children(element, "inputEntry")],
        "outputs": [reading.text(cell) for cell in children(element, "outputEntry")],
    }


def _check_table(reading: Reading, element: Element, table: Box) -> None:
    policy, aggregation = table["policy"], table["aggregation"]
    if policy not in POLICIES or aggregation not in AGGREGATIONS:
        reading.unsupported(
            element, f"The hit policy {policy} {aggregation or ''}", "it is unknown"
        )
    if aggregation and len(table["outputs"]) > 1:
        reading.unsupported(element, aggregation, "the table has several outputs")
    if not table["outputs"]:
        reading.missing(element, "The table's output")
    for row, rule in zip(children(element, "rule"), table["rules"], strict=True):
        if any(len(rule[side]) != len(table[side]) for side in ("inputs", "outputs")):
            reading.missing(row, "An entry of the rule")


def _context(reading: Reading, element: Element) -> Box:
    entries = [_entry(reading, entry) for entry in children(element, "contextEntry")]
    return {"kind": "context", "entries": entries}


def _entry(reading: Reading, element: Element) -> list[Any]:
    variable = child(element, "variable")
    name = None if variable is None else variable.get("name")
    if name:
        reading.names.add(name)
    return [name, inner(reading, element), type_of(variable)]


def _list(reading: Reading, element: Element) -> Box:
    return {"kind": "list", "items": _cells(reading, element)}


def _relation(reading: Reading, element: Element) -> Box:
    columns = [column.get("name") for column in children(element, "column")]
    reading.names.update(columns)
    rows = [_cells(reading, row) for row in children(element, "row")]
    return {"kind": "relation", "columns": columns, "rows": rows}


def _cells(reading: Reading, element: Element) -> list[Box | None]:
    return [expression(reading, cell) for cell in boxes(element)]


def _invocation(reading: Reading, element: Element) -> Box:
    bindings = [
        [parameter.get("name"), inner(reading, binding)]
        for binding in children(element, "binding")
        for parameter in children(binding, "parameter")
    ]
    return {"kind": "invocation", "called": inner(reading, element), "bindings": bindings}


def _conditional(reading: Reading, element: Element) -> Box:
    return _parts(reading, element, condition="if", then="then", otherwise="else")


def _filter(reading: Reading, element: Element) -> Box:
    return _parts(reading, element, source="in", match="match")


def _iterator(reading: Reading, element: Element) -> Box:
    variable = element.get("iteratorVariable")
    reading.names.add(variable)
    parts = _parts(reading, element, source="in", result="return", condition="satisfies")
    return {**parts, "variable": variable}


def _parts(reading: Reading, element: Element, **names: str) -> Box:
    found = {key: child(element, name) for key, name in names.items()}
    parts = {key: inner(reading, part) for key, part in found.items() if part is not None}
    return {"kind": kind(element), **parts}


KINDS: dict[str, Callable[[Reading, Element], Box]] = {
    "literalExpression": _literal,
    "decisionTable": _table,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "functionDefinition": function,
    "invocation": _invocation,
    "conditional": _conditional,
    "filter": _filter,
    "for": _iterator,
    "some": _iterator,
    "every": _iterator,
}
