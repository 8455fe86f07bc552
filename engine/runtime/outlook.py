"""What most likely comes next, for the timeline of somebody who waits."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from engine.runtime.xml import tree

if TYPE_CHECKING:
    from engine.runtime.diagram import Diagram, Element

BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"


def ahead(diagram: Diagram, element_id: str, limit: int) -> tuple[str, ...]:
    """The user tasks and call activities after this element along the main path, at most `limit`, none twice.

    The main path is drawn straight: it takes the flow whose target lies at the height nearest to the element's own. In a file
    without a drawing it takes the default flow, else the first. It goes into subprocesses and out of them again.
    """
    found: list[str] = []
    seen = {element_id}
    current = _next(diagram, diagram.elements[element_id])
    while current and current.id not in seen and len(found) < limit:
        seen.add(current.id)
        if current.type in ("userTask", "callActivity"):
            found.append(current.id)
        current = _inside(diagram, current) or _next(diagram, current)
    return tuple(found)


def _inside(diagram: Diagram, element: Element) -> Element | None:
    if element.type != "subProcess":
        return None
    return next((e for e in diagram.inside(element.id) if e.type == "startEvent"), None)


def _next(diagram: Diagram, element: Element) -> Element | None:
    if element.links:
        return diagram.elements[element.links[0]]
    if element.outgoing:
        return diagram.elements[diagram.flows[_straightest(diagram, element)].target]
    surrounding = diagram.elements.get(element.scope)
    return _next(diagram, surrounding) if surrounding else None


def _straightest(diagram: Diagram, element: Element) -> str:
    own = diagram.heights.get(element.id)
    flows = sorted(element.outgoing, key=lambda flow_id: flow_id != element.default)
    if own is None or len(flows) == 1:
        return flows[0]
    target = {flow_id: diagram.heights.get(diagram.flows[flow_id].target, 1e9) for flow_id in flows}
    return min(flows, key=lambda flow_id: abs(target[flow_id] - own))


def heights(xml: bytes) -> dict[str, float]:
    """The vertical middle of every drawn shape, in pixels from the top, by the id of its element."""
    found: dict[str, float] = {}
    for bounds in tree(xml).iter(BOUNDS):
        element_id = bounds.getparent().get("bpmnElement")
        if element_id:
            found[element_id] = _number(bounds.get("y")) + _number(bounds.get("height")) / 2
    return found


def _number(text: str | None) -> float:
    # Coordinates are nobody's to check but the drawing tool's: what is no number counts as the top.
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if isfinite(number) else 0.0
