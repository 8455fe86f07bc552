"""Reads the XML of DMN 1.1 to 1.5 into the JSON model that `engine/expressions/dmn.js` evaluates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine.runtime.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

POLICIES = {"UNIQUE", "ANY", "FIRST", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"}
AGGREGATIONS = {"SUM", "MIN", "MAX", "COUNT"}
VERSIONS = {"20151101", "20180521", "20191111", "20211108", "20230324"}

Element = Any
Box = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """FEEL in the document, to be compiled: an expression, or unary tests."""

    source: str
    unary: bool
    element: Element

    def finding(self, reason: str) -> Finding:
        """That the text is not valid."""
        return _finding("expression", self.element, expression=self.source[:80], reason=reason)


@dataclass
class Reading:
    """What has been read: the model, what is wrong with the document, its texts and the names it introduces."""

    model: dict[str, Box] = field(
        default_factory=lambda: {
            kind: {} for kind in ("types", "inputs", "decisions", "knowledge", "services")
        }
    )
    findings: list[Finding] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def document(self, root: Element) -> None:
        """Reads the whole document."""
        name = etree.QName(root)
        version = (name.namespace or "").rstrip("/").split("/")[-2:-1]
        if name.localname != "definitions" or not VERSIONS.intersection(version):
            self._unsupported(root, "the file", "it is not DMN 1.1 to 1.5")
            return
        self._check_language(root)
        for element in _elements(root):
            self._top(element)
        self._check_references(root)

    def _top(self, element: Element) -> None:
        readers: dict[str, Callable[[Element], None]] = {
            "itemDefinition": self._type,
            "inputData": self._input,
            "decision": self._decision,
            "businessKnowledgeModel": self._knowledge,
            "decisionService": self._service,
        }
        kind = _kind(element)
        if kind in readers:
            readers[kind](element)
        elif kind in ("import", "invocable"):
            self._unsupported(element, kind, "a document must be complete in itself")

    def _type(self, element: Element) -> None:
        base = _child(element, "typeRef")
        self.model["types"][element.get("name")] = {
            "base": _local(base.text) if base is not None else None,
            "collection": element.get("isCollection") == "true",
        }
        self.names |= {part.get("name") for part in element.iter("{*}itemComponent")}

    def _input(self, element: Element) -> None:
        self.model["inputs"][element.get("id")] = self._named(element)

    def _decision(self, element: Element) -> None:
        if _logic(element) is None:
            self._missing(element, "the decision's logic")
        self.model["decisions"][element.get("id")] = {
            **self._named(element),
            "inputs": _references(element, "informationRequirement", "requiredInput"),
            "decisions": _references(element, "informationRequirement", "requiredDecision"),
            "knowledge": _references(element, "knowledgeRequirement", "requiredKnowledge"),
            "expression": self._expression(_logic(element)),
        }

    def _knowledge(self, element: Element) -> None:
        logic = _child(element, "encapsulatedLogic")
        if logic is None:
            self._missing(element, "the business knowledge model's logic")
            return
        self.model["knowledge"][element.get("id")] = {
            **self._named(element),
            "knowledge": _references(element, "knowledgeRequirement", "requiredKnowledge"),
            "logic": self._function(logic),
        }

    def _service(self, element: Element) -> None:
        self.names.add(element.get("name"))
        self.model["services"][element.get("id")] = {
            "name": element.get("name"),
            "outputs": _hrefs(element, "outputDecision"),
            "inputs": _hrefs(element, "inputData"),
            "decisions": _hrefs(element, "inputDecision"),
        }

    def _named(self, element: Element) -> Box:
        variable = _child(element, "variable")
        name = (variable.get("name") if variable is not None else None) or element.get("name")
        self.names.add(name)
        return {"name": name, "type": _type_of(variable)}

    def _expression(self, element: Element | None) -> Box | None:
        return None if element is None else BOXES[_kind(element)](self, element)

    def _part(self, element: Element, name: str) -> Box | None:
        part = _child(element, name)
        return None if part is None else self._expression(_logic(part))

    def _literal(self, element: Element) -> Box:
        self._check_language(element)
        if _child(element, "importedValues") is not None:
            self._unsupported(element, "importedValues", "the text stands elsewhere")
        return {"kind": "literal", "text": self._text(element)}

    def _table(self, element: Element) -> Box:
        policy, aggregation = element.get("hitPolicy", "UNIQUE"), element.get("aggregation")
        if policy not in POLICIES or aggregation not in AGGREGATIONS | {None}:
            self._unsupported(element, f"the hit policy {policy} {aggregation or ''}", "unknown")
        inputs = [self._column(column) for column in _children(element, "input")]
        outputs = [self._output(column, element) for column in _children(element, "output")]
        if aggregation and len(outputs) > 1:
            self._unsupported(element, aggregation, "the table has several outputs")
        rules = [
            self._rule(rule, number, len(inputs), len(outputs))
            for number, rule in enumerate(_children(element, "rule"), 1)
        ]
        return {
            "kind": "table",
            "policy": policy,
            "aggregation": aggregation,
            "inputs": inputs,
            "outputs": outputs,
            "rules": rules,
        }

    def _column(self, element: Element) -> Box:
        expression = _child(element, "inputExpression")
        if expression is None:
            self._missing(element, "the input's expression")
            return {"text": "", "type": None, "allowed": ""}
        self._check_language(expression)
        return {
            "text": self._text(expression),
            "type": _type_of(expression),
            "allowed": self._text(_child(element, "inputValues"), unary=True),
        }

    def _output(self, element: Element, table: Element) -> Box:
        return {
            "name": element.get("name") or table.get("outputLabel") or "",
            "allowed": _text(_child(element, "outputValues")),
            "otherwise": self._text(_child(element, "defaultOutputEntry")),
        }

    def _rule(self, element: Element, number: int, inputs: int, outputs: int) -> Box:
        tests = [self._text(cell, unary=True) for cell in _children(element, "inputEntry")]
        values = [self._text(cell) for cell in _children(element, "outputEntry")]
        if (len(tests), len(values)) != (inputs, outputs):
            self._missing(element, f"An entry of rule {number}")
        return {"id": element.get("id") or str(number), "inputs": tests, "outputs": values}

    def _context(self, element: Element) -> Box:
        return {
            "kind": "context",
            "entries": [self._entry(entry) for entry in _children(element, "contextEntry")],
        }

    def _entry(self, element: Element) -> list[Any]:
        variable = _child(element, "variable")
        name = None if variable is None else variable.get("name")
        if name:
            self.names.add(name)
        return [name, self._expression(_logic(element)), _type_of(variable)]

    def _list(self, element: Element) -> Box:
        return {"kind": "list", "items": [self._expression(item) for item in _logics(element)]}

    def _relation(self, element: Element) -> Box:
        columns = [column.get("name") for column in _children(element, "column")]
        self.names.update(columns)
        rows = [
            [self._expression(cell) for cell in _logics(row)] for row in _children(element, "row")
        ]
        return {"kind": "relation", "columns": columns, "rows": rows}

    def _function(self, element: Element) -> Box:
        if element.get("kind", "FEEL") != "FEEL":
            self._unsupported(element, f"a function of kind {element.get('kind')}", "only FEEL is")
        parameters = [
            [parameter.get("name"), _type_of(parameter)]
            for parameter in _children(element, "formalParameter")
        ]
        self.names.update(name for name, _ in parameters)
        return {
            "kind": "function",
            "parameters": parameters,
            "body": self._expression(_logic(element)),
        }

    def _invocation(self, element: Element) -> Box:
        bindings = [
            [_child(binding, "parameter").get("name"), self._expression(_logic(binding))]
            for binding in _children(element, "binding")
        ]
        called = self._expression(_logic(element))
        return {"kind": "invocation", "called": called, "bindings": bindings}

    def _conditional(self, element: Element) -> Box:
        return {
            "kind": "conditional",
            "condition": self._part(element, "if"),
            "then": self._part(element, "then"),
            "otherwise": self._part(element, "else"),
        }

    def _filter(self, element: Element) -> Box:
        return {
            "kind": "filter",
            "source": self._part(element, "in"),
            "match": self._part(element, "match"),
        }

    def _iterator(self, element: Element) -> Box:
        variable = element.get("iteratorVariable")
        self.names.add(variable)
        return {
            "kind": _kind(element),
            "variable": variable,
            "source": self._part(element, "in"),
            "result": self._part(element, "return"),
            "condition": self._part(element, "satisfies"),
        }

    def _text(self, element: Element | None, *, unary: bool = False) -> str:
        source = _text(element)
        if source and not (unary and source == "-"):
            self.texts.append(Text(source, unary, element))
        return source

    def _check_language(self, element: Element) -> None:
        language = element.get("expressionLanguage")
        if language and "feel" not in language.lower():
            self._unsupported(element, f"the expression language {language}", "only FEEL is")

    def _check_references(self, root: Element) -> None:
        known = {id_ for kind in self.model.values() for id_ in kind}
        for element in root.iter("{*}requiredInput", "{*}requiredDecision", "{*}requiredKnowledge"):
            id_ = element.get("href", "").removeprefix("#")
            if id_ not in known:
                self.findings.append(_finding("reference", element, what="The requirement", id=id_))

    def _unsupported(self, element: Element, what: str, reason: str) -> None:
        self.findings.append(_finding("unsupported", element, what=what, reason=reason))

    def _missing(self, element: Element, what: str) -> None:
        self.findings.append(_finding("missing", element, what=what))


BOXES: dict[str, Callable[[Reading, Element], Box]] = {
    "literalExpression": Reading._literal,
    "decisionTable": Reading._table,
    "context": Reading._context,
    "list": Reading._list,
    "relation": Reading._relation,
    "functionDefinition": Reading._function,
    "invocation": Reading._invocation,
    "conditional": Reading._conditional,
    "filter": Reading._filter,
    "for": Reading._iterator,
    "some": Reading._iterator,
    "every": Reading._iterator,
}


def _finding(code: str, element: Element, **params: str) -> Finding:
    named = next((one for one in (element, *element.iterancestors()) if one.get("id")), None)
    id_ = None if named is None else named.get("id")
    return Finding("error", code, id_, element.sourceline, params)


def _elements(parent: Element) -> list[Element]:
    return list(parent.iterchildren(tag=etree.Element))


def _kind(element: Element) -> str:
    return etree.QName(element).localname


def _children(parent: Element, kind: str) -> list[Element]:
    return [child for child in _elements(parent) if _kind(child) == kind]


def _child(parent: Element, kind: str) -> Element | None:
    return next(iter(_children(parent, kind)), None)


def _logics(parent: Element) -> list[Element]:
    return [child for child in _elements(parent) if _kind(child) in BOXES]


def _logic(parent: Element) -> Element | None:
    return next(iter(_logics(parent)), None)


def _text(element: Element | None) -> str:
    text = None if element is None else _child(element, "text")
    return "" if text is None else "".join(text.itertext()).strip()


def _local(name: str | None) -> str | None:
    return (name or "").split(":")[-1].strip() or None


def _type_of(element: Element | None) -> str | None:
    return None if element is None else _local(element.get("typeRef"))


def _hrefs(parent: Element, kind: str) -> list[str]:
    return [child.get("href", "").split("#")[-1] for child in _children(parent, kind)]


def _references(parent: Element, requirement: str, kind: str) -> list[str]:
    return [href for child in _children(parent, requirement) for href in _hrefs(child, kind)]
