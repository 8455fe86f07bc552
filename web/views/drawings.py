"""The XML of a diagram, its names in the reader's language."""

from __future__ import annotations

from typing import Final

from lxml import etree

from engine.definitions import Definition
from web import locales
from web.views import names

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
LABEL: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNLabel"
# Labels are drawn as wide as Chinese needs; words of other languages would be broken.
LEAST_WIDTH: Final = 90.0


def xml(of: Definition) -> bytes:
    """Give a definition's diagram; names without a translation and everything else stay as drawn."""
    drawn = of.diagram.xml
    texts = names.texts(of) if locales.select() != "zh" else {}
    if not texts:
        return drawn
    root = etree.fromstring(drawn, etree.XMLParser(resolve_entities=False, no_network=True))
    for process in root.iter(f"{BPMN}process"):
        for element in process.iter(f"{BPMN}*"):
            own = [] if element is process else [element.get("id", "")]
            name = texts.get(".".join([process.get("id", ""), *own, "name"]))
            if name and element.get("name"):
                element.set("name", name)
    for label in root.iter(LABEL):
        for bounds in label:
            _widen(bounds)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _widen(bounds: etree._Element) -> None:
    left, width = float(bounds.get("x", 0)), float(bounds.get("width", 0))
    more = max(LEAST_WIDTH - width, 0)
    bounds.set("x", f"{left - more / 2:g}")
    bounds.set("width", f"{width + more:g}")
