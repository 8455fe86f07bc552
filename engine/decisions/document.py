"""The decision requirements graph of a DMN document as JSON for `engine/expressions/dmn.js`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from .boxes import Box, function, inner
from .elements import (
    Element,
    box,
    child,
    children,
    elements,
    hrefs,
    kind,
    target,
    type_of,
    unprefixed,
)
from .reading import Reading, finding

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS = {"20151101", "20180521", "20191111", "20211108", "20230324"}


def model_of(root: Element | None, reading: Reading) -> dict[str, Box]:
    """The model of a document: types by name; inputs, decisions, knowledge and services by id."""
    model: dict[str, Box] = {name: {} for name in SECTIONS.values()}
    if root is not None and _is_dmn(root, reading):
        reading.check_language(root)
        for element in elements(root):
            _add(model, element, reading)
        _check_references(root, model, reading)
    return model


def _is_dmn(root: Element, reading: Reading) -> bool:
    namespace = str(etree.QName(root).namespace).split("/")
    if kind(root) == "definitions" and "DMN" in namespace and VERSIONS.intersection(namespace):
        return True
    reading.unsupported(root, "The file", "it is not DMN 1.1 to 1.5")
    return False


def _add(model: dict[str, Box], element: Element, reading: Reading) -> None:
    name = kind(element)
    if name == "import":
        reading.unsupported(element, name, "a document must be complete in itself")
    if name not in READERS:
        return
    section = model[SECTIONS[name]]
    id_ = element.get("name" if name == "itemDefinition" else "id")
    if not id_:
        reading.missing(element, f"The id of a {name}")
        return
    if id_ in section:
        reading.findings.append(finding("duplicate_id", element, id=id_))
    section[id_] = READERS[name](reading, element)


def _type(reading: Reading, element: Element) -> Box:
    base = child(element, "typeRef")
    reading.names.update(part.get("name") for part in element.iter("{*}itemComponent"))
    return {
        "base": None if base is None else unprefixed(base.text),
        "collection": element.get("isCollection") == "true",
    }


def _input(reading: Reading, element: Element) -> Box:
    return _named(reading, element)


def _decision(reading: Reading, element: Element) -> Box:
    if box(element) is None:
        reading.missing(element, "The decision's logic")
    return {
        **_named(reading, element),
        "inputs": _required(element, "informationRequirement", "requiredInput"),
        "decisions": _required(element, "informationRequirement", "requiredDecision"),
        "knowledge": _required(element, "knowledgeRequirement", "requiredKnowledge"),
        "expression": inner(reading, element),
    }


def _knowledge(reading: Reading, element: Element) -> Box:
    logic = child(element, "encapsulatedLogic")
    if logic is None:
        reading.missing(element, "The business knowledge model's logic")
    return {
        **_named(reading, element),
        "knowledge": _required(element, "knowledgeRequirement", "requiredKnowledge"),
        "logic": {"parameters": [], "body": None} if logic is None else function(reading, logic),
    }


def _service(reading: Reading, element: Element) -> Box:
    return {
        **_named(reading, element),
        "outputs": hrefs(element, "outputDecision"),
        "inputs": hrefs(element, "inputData"),
        "decisions": hrefs(element, "inputDecision"),
    }


def _named(reading: Reading, element: Element) -> Box:
    variable = child(element, "variable")
    name = (None if variable is None else variable.get("name")) or element.get("name") or ""
    reading.names.add(name)
    return {"name": name, "type": type_of(variable)}


def _required(element: Element, requirement: str, name: str) -> list[str]:
    return [id_ for one in children(element, requirement) for id_ in hrefs(one, name)]


def _check_references(root: Element, model: dict[str, Box], reading: Reading) -> None:
    known = {id_ for section in model.values() for id_ in section}
    for element in root.iter(*(f"{{*}}{name}" for name in REFERENCES)):
        if (id_ := target(element)) not in known:
            what = "What is required,"
            reading.findings.append(finding("reference", element, what=what, id=id_))


SECTIONS = {
    "itemDefinition": "types",
    "inputData": "inputs",
    "decision": "decisions",
    "businessKnowledgeModel": "knowledge",
    "decisionService": "services",
}
READERS: dict[str, Callable[[Reading, Element], Any]] = {
    "itemDefinition": _type,
    "inputData": _input,
    "decision": _decision,
    "businessKnowledgeModel": _knowledge,
    "decisionService": _service,
}
REFERENCES = ("requiredInput", "requiredDecision", "requiredKnowledge", "outputDecision")
