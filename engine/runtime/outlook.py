"""What most likely comes next, for the timeline of somebody who waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.runtime.diagram import Diagram, Element


def ahead(diagram: Diagram, element_id: str, limit: int) -> tuple[str, ...]:
    """The user tasks after this element along the main path, at most `limit`, none twice.

    The main path takes the default flow, else the first; it goes into subprocesses and out of them again.
    """
    found: list[str] = []
    seen = {element_id}
    current = _next(diagram, diagram.elements[element_id])
    while current and current.id not in seen and len(found) < limit:
        seen.add(current.id)
        if current.type == "userTask":
            found.append(current.id)
        current = _inside(diagram, current) or _next(diagram, current)
    return tuple(found)


def _inside(diagram: Diagram, element: Element) -> Element | None:
    if element.type != "subProcess":
        return None
    return next((e for e in diagram.inside(element.id) if e.type == "startEvent"), None)


def _next(diagram: Diagram, element: Element) -> Element | None:
    flow_id = element.default or next(iter(element.outgoing), None)
    if flow_id:
        return diagram.elements[diagram.flows[flow_id].target]
    surrounding = diagram.elements.get(element.scope)
    return _next(diagram, surrounding) if surrounding else None
