"""The elements of a BPMN or DMN file as flat attributes, so that two files can be compared by meaning."""

from __future__ import annotations

from collections import Counter
from typing import Any

from engine.runtime.xml import local, tree

DRAWING = {"BPMNDiagram", "DMNDI"}
NAMED = {"property": "name", "input": "target", "output": "target", "header": "key", "rule": "id"}
OWN = {"incoming", "outgoing"}


def things(content: bytes) -> dict[str, dict[str, str]]:
    """Give every element that has an id, with its attributes and those of what is inside it and has none.

    Attributes of extension elements are called `zeebe:element.attribute`, of pairs `zeebe:properties.<name>`. What only
    the drawing says begins with `@`. Raises Refusal for a file that is not plain XML.
    """
    found: dict[str, dict[str, str]] = {}
    root = tree(content)
    for child in root:
        if isinstance(child.tag, str):
            (_drawing if local(child) in DRAWING else _thing)(child, found)
    return found


def _thing(node: Any, found: dict[str, dict[str, str]]) -> None:
    """Take an element with an id, and look for others in it; one without id belongs to what is around it."""
    id_ = node.get("id")
    if id_ is None:
        return
    own = found.setdefault(id_, {"kind": local(node)})
    own |= {_name(name): value for name, value in node.attrib.items() if name != "id"}
    _inside(node, "", own, found)


def _inside(node: Any, path: str, own: dict[str, str], found: dict[str, dict[str, str]]) -> None:
    counted: Counter[str] = Counter()
    for child in node:
        if not isinstance(child.tag, str) or local(child) in OWN:
            continue
        if child.get("id") is not None and not _is_detail(child):
            _thing(child, found)
            continue
        name = local(child)
        step = path if name in ("extensionElements", "ioMapping") else f"{path}.{name}" if path else name  # fmt: skip
        identity = child.get(NAMED.get(name, "")) if name in NAMED else None
        if name == "property" and identity is not None:
            own[f"{path}.{identity}"] = child.get("value") or ""
            continue
        if identity is not None:
            step = f"{step}.{identity}"
        elif step != path:
            counted[step] += 1
            step += f".{counted[step]}" if counted[step] > 1 else ""
        for attribute, value in child.attrib.items():
            if attribute != "id" and attribute != NAMED.get(name):
                own[f"{step}.{_name(attribute)}"] = value
        text = (child.text or "").strip()
        if text:
            own[step] = text
        _inside(child, step, own, found)


def _is_detail(node: Any) -> bool:
    """Whether an element has an id that nobody refers to: event definitions, expressions, cells of tables."""
    return local(node).endswith(("EventDefinition", "Expression", "Entry", "LoopCharacteristics", "text")) or local(node) in {"variable", "timeDuration", "timeDate", "timeCycle"}  # fmt: skip


def _name(attribute: str) -> str:
    return attribute.rsplit("}", 1)[-1]


def _drawing(node: Any, found: dict[str, dict[str, str]]) -> None:
    for shape in node.iter():
        if not isinstance(shape.tag, str):
            continue
        of = shape.get("bpmnElement") or shape.get("dmnElementRef")
        if of in found and local(shape) != "BPMNPlane":
            parts = [
                " ".join(f"{_name(name)}={value}" for name, value in sorted(part.attrib.items()))
                for part in shape.iter()
                if isinstance(part.tag, str) and local(part) in ("Bounds", "waypoint")
            ]
            found[of]["@drawing"] = "; ".join(parts)
