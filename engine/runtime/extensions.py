"""Reads the zeebe extension elements of one BPMN element."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.runtime import xml
from engine.runtime.diagram import Listener, Loop
from engine.runtime.xml import ZEEBE, bpmn

EMBEDDED = "camunda-forms:bpmn:"
FORMER_EVENTS = {
    "create": "creating", "assignment": "assigning", "update": "updating", "complete": "completing", "cancel": "canceling",
}  # fmt: skip


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
    """The input or output mappings: source and target each. An input without a source is null."""
    none = "=null" if kind == "input" else ""
    return tuple(
        (e.get("source") or none, e.get("target", "")) for e in _zeebe(node, f"ioMapping/{kind}")
    )


def form(process_id: str, extensions: dict[str, dict[str, str]]) -> str | None:
    """The id of the form: that of a deployed one, or of one embedded in the process (`<process>.<its id>`)."""
    drawn = extensions.get("formDefinition", {})
    key = drawn.get("formKey", "")
    if key.startswith(EMBEDDED):
        return f"{process_id}.{key.removeprefix(EMBEDDED)}"
    return drawn.get("formId")


def embedded_forms(process: Any) -> dict[str, str]:
    """The forms that are embedded in a process, as JSON text by their ids, see `form`."""
    drawn = {e.get("id", ""): e.text or "" for e in _zeebe(process, "userTaskForm")}
    return {f"{process.get('id')}.{id_}": text for id_, text in drawn.items()}


def execution_listeners(node: Any) -> tuple[Listener, ...]:
    """The execution listeners, as drawn."""
    return tuple(_listener(e) for e in _zeebe(node, "executionListeners/executionListener"))


def task_listeners(node: Any) -> tuple[Listener, ...]:
    """The task listeners, as drawn; events by the names of Camunda 8.8, whose versions before said `complete` for `completing`."""
    drawn = [_listener(e) for e in _zeebe(node, "taskListeners/taskListener")]
    return tuple(replace(one, event=FORMER_EVENTS.get(one.event, one.event)) for one in drawn)


def _listener(node: Any) -> Listener:
    return Listener(
        event=node.get("eventType", ""),
        type=node.get("type", ""),
        retries=node.get("retries", ""),
        headers={h.get("key", ""): h.get("value", "") for h in node.iter(f"{{{ZEEBE}}}header")},
    )


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
