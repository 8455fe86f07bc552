"""What events wait for or throw: messages, errors and escalations of the file, and timers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.runtime import xml
from engine.runtime.diagram import Trigger
from engine.runtime.xml import ZEEBE, bpmn

if TYPE_CHECKING:
    from engine.runtime.reader import Reading

TIMERS = ("timeDate", "timeDuration", "timeCycle")


@dataclass(frozen=True)
class Catalogue:
    """The file's messages (name, correlation key), errors and escalations (code), by id."""

    messages: dict[str, tuple[str, str]]
    errors: dict[str, str]
    escalations: dict[str, str]

    @classmethod
    def of(cls, root: Any) -> Catalogue:
        """Read the root elements that events refer to."""
        return cls(
            {node.get("id"): _message(node) for node in root.findall(bpmn("message"))},
            {node.get("id"): node.get("errorCode", "") for node in root.findall(bpmn("error"))},
            {
                node.get("id"): node.get("escalationCode", "")
                for node in root.findall(bpmn("escalation"))
            },
        )

    def trigger(self, reading: Reading, definition: Any) -> Trigger | None:
        """The trigger of an event definition; None (with a finding) if the kind is not supported."""
        match xml.local(definition):
            case "messageEventDefinition":
                return self.message(reading, definition)
            case "timerEventDefinition":
                return _timer(reading, definition)
            case "errorEventDefinition":
                return Trigger("error", code=_code(reading, definition, "errorRef", self.errors))
            case "escalationEventDefinition":
                return Trigger(
                    "escalation", code=_code(reading, definition, "escalationRef", self.escalations)
                )
            case "terminateEventDefinition":
                return Trigger("terminate")
        return None

    def message(self, reading: Reading, node: Any) -> Trigger:
        """The message that a `messageRef` attribute names."""
        reference = node.get("messageRef")
        if reference is not None and reference not in self.messages:
            _note(reading, "reference", node, what="The message", id=reference)
        name, correlation_key = self.messages.get(reference, ("", ""))
        return Trigger("message", name=name, correlation_key=correlation_key)


def _message(node: Any) -> tuple[str, str]:
    subscription = node.find(f"{bpmn('extensionElements')}/{{{ZEEBE}}}subscription")
    return node.get("name", ""), "" if subscription is None else subscription.get(
        "correlationKey", ""
    )


def _timer(reading: Reading, definition: Any) -> Trigger:
    for kind in TIMERS:
        if expression := xml.text(definition, bpmn(kind)):
            return Trigger("timer", timer=kind, expression=expression)
    _note(reading, "missing", definition, what="The time of the timer")
    return Trigger("timer", timer="timeDuration", expression="PT0S")


def _code(reading: Reading, definition: Any, attribute: str, known: dict[str, str]) -> str | None:
    reference = definition.get(attribute)
    if reference is None:
        return None
    if reference not in known:
        what = f"The {attribute.removesuffix('Ref')}"
        _note(reading, "reference", definition, what=what, id=reference)
    return known.get(reference) or None


def _note(reading: Reading, code: str, definition: Any, **params: str) -> None:
    owner = definition if xml.local(definition) == "receiveTask" else definition.getparent()
    reading.find(code, owner, **params)
