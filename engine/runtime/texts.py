"""Every text of a diagram that is evaluated: FEEL expressions compiled, constant timers and numbers read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from engine.expressions import feel
from engine.runtime.approvals import HIDDEN_FROM
from engine.runtime.finding import Finding
from engine.runtime.multi_instance import MOST
from engine.runtime.timers import Timer

if TYPE_CHECKING:
    from engine.runtime.diagram import Diagram, Element

EVALUATED = (
    ("assignmentDefinition", ("assignee", "candidateGroups", "candidateUsers")),
    ("taskSchedule", ("dueDate", "followUpDate")),
    ("priorityDefinition", ("priority",)),
    ("formDefinition", ("formId", "formKey", "externalReference")),
    ("taskDefinition", ("type", "retries")),
    ("calledElement", ("processId", "versionTag")),
    ("calledDecision", ("decisionId", "versionTag")),
)
_CARDINALITY = re.compile(r"(?:\d{1,2}|[1-4]\d\d|500)?", re.ASCII)
TOGETHER = 100  # a call of the interpreter has a time limit
ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Text(NamedTuple):
    """A text that is evaluated; `required` if it must be an expression."""

    element_id: str
    line: int
    what: str
    source: str
    required: bool = False


def check(diagram: Diagram) -> list[Finding]:
    """Findings for every expression that does not compile and every constant that makes no sense."""
    texts = [text for text in _all(diagram) if text.source]
    findings = [
        Finding("error", "expression_needed", t.element_id, t.line, {"attribute": t.what})
        for t in texts
        if t.required and not t.source.startswith("=")
    ]
    findings += _uncompilable([text for text in texts if text.source.startswith("=")])
    for element in diagram.elements.values():
        findings += _constants(element)
    return findings


def _uncompilable(texts: list[Text]) -> list[Finding]:
    faults = [
        fault
        for begin in range(0, len(texts), TOGETHER)
        for fault in feel().compile_many([text.source for text in texts[begin : begin + TOGETHER]])
    ]
    return [
        Finding(
            "error", "expression", t.element_id, t.line, {"expression": t.source, "reason": fault}
        )
        for t, fault in zip(texts, faults, strict=True)
        if fault
    ]


def _all(diagram: Diagram) -> Iterator[Text]:
    for process in diagram.content.values():
        yield Text(process.id, process.line, "summary", process.properties.get("summary", ""))
        hidden_from = process.properties.get(HIDDEN_FROM, "")
        yield Text(process.id, process.line, HIDDEN_FROM, hidden_from, required=True)
    for flow in diagram.flows.values():
        yield Text(flow.id, flow.line, "The condition", flow.condition or "", required=True)
    for element in diagram.elements.values():
        for what, source, required in _of(element):
            yield Text(element.id, element.line, what, source, required)


def _of(element: Element) -> Iterator[tuple[str, str, bool]]:
    for name, attributes in EVALUATED:
        for attribute in attributes:
            yield attribute, element.extension(name).get(attribute, ""), False
    if script := element.extension("script").get("expression", ""):
        yield "The script", "=" + script.removeprefix("="), False
    for source, _ in element.inputs + element.outputs:
        yield "A mapping", source, False
    for name, value in element.properties.items():
        yield name, value, False
    for listener in element.execution_listeners + element.task_listeners:
        yield "type", listener.type, False
        yield "retries", listener.retries, False
    if ad_hoc := element.extension("adHoc"):
        yield "activeElementsCollection", ad_hoc.get("activeElementsCollection", ""), True
        yield "outputElement", ad_hoc.get("outputElement", ""), True
    yield "The completion condition", element.completion_condition, True
    if loop := element.loop:
        yield "inputCollection", loop.input_collection, True
        yield "outputElement", loop.output_element, True
        yield "The completion condition", loop.completion_condition, True
        yield "The cardinality", loop.cardinality, False
    if trigger := element.trigger:
        yield "The name", trigger.name, False
        yield "The correlation key", trigger.correlation_key, True
        yield "The code", trigger.code or "", False
        yield "The " + trigger.kind, trigger.expression, trigger.kind == "conditional"


def _constants(element: Element) -> Iterator[Finding]:
    trigger, loop = element.trigger, element.loop
    if trigger and trigger.kind == "timer" and not trigger.expression.startswith("="):
        try:
            Timer.start(trigger.timer, trigger.expression, ANY_TIME)
        except ValueError as error:
            params = {"expression": trigger.expression, "reason": str(error)}
            yield Finding("error", "timer", element.id, element.line, params)
    if (
        loop
        and not loop.cardinality.startswith("=")
        and not _CARDINALITY.fullmatch(loop.cardinality)
    ):
        yield Finding("error", "cardinality", element.id, element.line, {"limit": str(MOST)})
    if not all(source for source, _ in element.outputs):
        what = {"what": "The source of an output mapping"}
        yield Finding("error", "missing", element.id, element.line, what)
    for _, target in element.inputs + element.outputs:
        if not target or not all(part.isidentifier() for part in target.split(".")):
            yield Finding(
                "error",
                "missing",
                element.id,
                element.line,
                {"what": f"A valid target for {target or '?'}"},
            )
