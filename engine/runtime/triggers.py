"""What events wait for or throw: messages, signals, errors and escalations of the file, timers, conditions, links, compensation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.runtime import xml
from engine.runtime.diagram import Trigger, split
from engine.runtime.xml import ZEEBE, bpmn

if TYPE_CHECKING:
    from engine.runtime.reader import Reading

TIMERS = ("timeDate", "timeDuration", "timeCycle")


@dataclass(frozen=True)
class Catalogue:
    """The file's messages (name, correlation key), signals (name), errors and escalations (code), by id."""

    messages: dict[str, tuple[str, str]]
    signals: dict[str, str]
    errors: dict[str, str]
    escalations: dict[str, str]

    @classmethod
    def of(cls, root: Any) -> Catalogue:
        """Read the root elements that events refer to."""
        return cls(
            {node.get("id"): _message(node) for node in root.findall(bpmn("message"))},
            {node.get("id"): node.get("name", "") for node in root.findall(bpmn("signal"))},
            {node.get("id"): node.get("errorCode", "") for node in root.findall(bpmn("error"))},
            {
                node.get("id"): node.get("escalationCode", "")
                for node in root.findall(bpmn("escalation"))
            },
        )

    def trigger(self, reading: Reading, definition: Any) -> Trigger | None:
        """The trigger of an event definition; None (with a finding) if the kind is not supported."""
        readers: dict[str, Callable[[], Trigger]] = {
            "message": lambda: self.message(reading, definition),
            "signal": lambda: self._signal(reading, definition),
            "timer": lambda: _timer(reading, definition),
            "conditional": lambda: _condition(definition),
            "link": lambda: Trigger("link", name=definition.get("name", "")),
            "error": lambda: self._coded("error", reading, definition, self.errors),
            "escalation": lambda: self._coded("escalation", reading, definition, self.escalations),
            "terminate": lambda: Trigger("terminate"),
            "compensate": lambda: _compensation(reading, definition),
        }
        read = readers.get(xml.local(definition).removesuffix("EventDefinition"))
        return read() if read else None

    def _signal(self, reading: Reading, definition: Any) -> Trigger:
        return Trigger("signal", name=_named(reading, definition, "signalRef", self.signals))

    def _coded(
        self,
        kind: Literal["error", "escalation"],
        reading: Reading,
        definition: Any,
        known: dict[str, str],
    ) -> Trigger:
        return Trigger(kind, code=_named(reading, definition, f"{kind}Ref", known) or None)

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


def _condition(definition: Any) -> Trigger:
    zeebe = definition.find(f"{bpmn('extensionElements')}/{{{ZEEBE}}}conditionalFilter")
    limits: Any = {} if zeebe is None else zeebe
    return Trigger(
        "conditional",
        expression=xml.text(definition, bpmn("condition")),
        filter_names=tuple(split(limits.get("variableNames", ""))),
        filter_changes=tuple(split(limits.get("variableEvents", ""))),
    )


def _compensation(reading: Reading, definition: Any) -> Trigger:
    if definition.get("waitForCompletion") == "false":
        what, reason = "A compensation event that does not wait", "it always waits for the handlers"
        _note(reading, "unsupported", definition, what=what, reason=reason)
    return Trigger("compensation", activity=definition.get("activityRef", ""))


def _named(reading: Reading, definition: Any, attribute: str, known: dict[str, str]) -> str:
    reference = definition.get(attribute)
    if reference is not None and reference not in known:
        what = f"The {attribute.removesuffix('Ref')}"
        _note(reading, "reference", definition, what=what, id=reference)
    return known.get(reference, "")


def _note(reading: Reading, code: str, definition: Any, **params: str) -> None:
    owner = definition if xml.local(definition) == "receiveTask" else definition.getparent()
    reading.find(code, owner, **params)
