"""The XML of a diagram, its names in the reader's language."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Final

from lxml import etree

from engine.deployment.definitions import Definition
from web import locales
from web.views import names

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
BOUNDS: Final = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"
# Labels are drawn as wide as Chinese needs; words of other languages would be broken.
LEAST_WIDTH: Final = 90.0
LETTER: Final = 6.6
LINE: Final = 14.4


def xml(of: Definition) -> bytes:
    """Give a definition's diagram; names without a translation and everything else stay as drawn."""
    texts = names.texts(of) if locales.select() != "zh" else {}
    return renamed(of.diagram.xml, texts) if texts else of.diagram.xml


def renamed(drawn: bytes, texts: Mapping[str, str]) -> bytes:
    """Give a diagram with the names of `texts`, its labels wide enough for words; one above its shape grows upwards."""
    root = etree.fromstring(drawn, etree.XMLParser(resolve_entities=False, no_network=True))
    for process in root.iter(f"{BPMN}process"):
        for element in process.iter(f"{BPMN}*"):
            own = [] if element is process else [element.get("id", "")]
            name = texts.get(".".join([process.get("id", ""), *own, "name"]))
            if name and element.get("name"):
                element.set("name", name)
    called = {element.get("id"): element.get("name", "") for element in root.iter(f"{BPMN}*")}
    for shape in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge"):
        bounds = shape.find(f"{DI}BPMNLabel/{BOUNDS}")
        if bounds is not None:
            _fit(bounds, shape.find(BOUNDS), called.get(shape.get("bpmnElement"), ""))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _fit(bounds: etree._Element, shape: etree._Element | None, text: str) -> None:
    """Make a label wide enough: one at a shape around its middle, one at a flow to the right."""
    left, width = float(bounds.get("x", 0)), float(bounds.get("width", 0))
    if shape is None:
        bounds.set("width", f"{max(min(len(text) * LETTER + LETTER, LEAST_WIDTH), width):g}")
        return
    more = max(LEAST_WIDTH - width, 0)
    bounds.set("x", f"{left - more / 2:g}")
    bounds.set("width", f"{width + more:g}")
    _lift(bounds, shape, text)


def _lift(bounds: etree._Element, shape: etree._Element, text: str) -> None:
    top, height = float(bounds.get("y", 0)), float(bounds.get("height", 0))
    if top < float(shape.get("y", 0)):
        lines = len(textwrap.wrap(text, int(float(bounds.get("width", 0)) / LETTER)))
        bounds.set("y", f"{top - max(lines * LINE - height, 0):g}")
