"""Reads the zeebe extension elements of one BPMN element."""

from __future__ import annotations

from typing import Any

from engine.runtime import xml
from engine.runtime.diagram import Loop
from engine.runtime.xml import ZEEBE, bpmn


def _zeebe(node: Any, path: str) -> list[Any]:
    steps = "/".join(f"{{{ZEEBE}}}{step}" for step in path.split("/"))
    return list(node.findall(f"{bpmn('extensionElements')}/{steps}"))


def attributes(node: Any) -> dict[str, dict[str, str]]:
    """The attributes of each zeebe extension element, by the element's name."""
    return {xml.local(child): dict(child.attrib) for child in _zeebe(node, "*")}


def pairs(node: Any, parent: str, child: str, key: str) -> dict[str, str]:
    """The name-value pairs of a list such as properties or task headers."""
    return {e.get(key, ""): e.get("value", "") for e in _zeebe(node, f"{parent}/{child}")}


def mappings(node: Any, kind: str) -> tuple[tuple[str, str], ...]:
    """The input or output mappings: source and target each."""
    return tuple(
        (e.get("source", ""), e.get("target", "")) for e in _zeebe(node, f"ioMapping/{kind}")
    )


def form(extensions: dict[str, dict[str, str]]) -> str | None:
    """The id of the form, of whatever kind the reference is."""
    form = extensions.get("formDefinition", {})
    return form.get("formId") or form.get("formKey") or form.get("externalReference")


def loop(node: Any) -> Loop | None:
    """The multi-instance characteristics, None if there are none."""
    drawn = node.find(bpmn("multiInstanceLoopCharacteristics"))
    if drawn is None:
        return None
    zeebe: Any = next(iter(_zeebe(drawn, "loopCharacteristics")), {})
    return Loop(
        sequential=drawn.get("isSequential") == "true",
        input_collection=zeebe.get("inputCollection", ""),
        input_element=zeebe.get("inputElement", ""),
        output_collection=zeebe.get("outputCollection", ""),
        output_element=zeebe.get("outputElement", ""),
        completion_condition=xml.text(drawn, bpmn("completionCondition")),
        cardinality=xml.text(drawn, bpmn("loopCardinality")),
    )
