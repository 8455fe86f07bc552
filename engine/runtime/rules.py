"""The structure of a diagram: what must be connected to what, and which loops never wait."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.runtime import approvals, bindings, compensation, paths, task_listeners
from engine.runtime.diagram import Element, Flow, Process
from engine.runtime.extensions import EMBEDDED
from engine.runtime.finding import Finding
from engine.runtime.reader import ACTIVITIES

if TYPE_CHECKING:
    from engine.runtime.diagram import Diagram
    from engine.runtime.reader import Reading

ELEMENTS = 500
SEQUENCE = 400
_ID = re.compile(r"[^\W\d][\w.\-]{0,199}")
HEARD = ("message", "signal", "timer", "conditional")
EVENT_STARTS = (*HEARD, "error", "escalation")
CAUGHT = {
    "startEvent": (None, *HEARD),
    "intermediateCatchEvent": (*HEARD, "link"),
    "boundaryEvent": (*EVENT_STARTS, "compensation"),
    "intermediateThrowEvent": (None, "escalation", "message", "signal", "link", "compensation"),
    "endEvent": (None, "error", "escalation", "terminate", "message", "signal", "compensation"),
}


def structure(reading: Reading) -> list[Finding]:
    """Ids, ends of flows and hosts of boundary events; nothing else can be checked before these are right."""
    findings = list(_counts(reading))
    named: list[Process | Element | Flow] = [
        *reading.processes.values(),
        *reading.elements.values(),
        *reading.flows.values(),
    ]
    findings += [
        Finding("error", "id", one.id, one.line, {"id": str(one.id)})
        for one in named
        if not _ID.fullmatch(one.id or "")
    ]
    findings += [
        Finding("error", "flow_end", flow.id, flow.line)
        for flow in reading.flows.values()
        if not _same_scope(reading, flow.source, flow.target)
    ]
    for element in reading.elements.values():
        findings += _boundary(reading, element)
    return findings


def _counts(reading: Reading) -> Iterator[Finding]:
    if len(reading.elements) > ELEMENTS:
        yield Finding("error", "element_count", params={"limit": str(ELEMENTS)})
    if not any(process.executable for process in reading.processes.values()):
        yield Finding("error", "no_process")
    nodes = {*reading.processes, *reading.elements}
    for element in reading.elements.values():
        if element.id in reading.processes:
            yield Finding("error", "duplicate_id", element.id, element.line, {"id": element.id})
    for flow in reading.flows.values():
        if flow.id in nodes:
            yield Finding("error", "duplicate_id", flow.id, flow.line, {"id": flow.id})


def _same_scope(reading: Reading, *ids: str) -> bool:
    elements = [reading.elements.get(id_) for id_ in ids]
    scopes = {element.scope if element else None for element in elements}
    return len(scopes) == 1 and None not in scopes


def _boundary(reading: Reading, element: Element) -> Iterator[Finding]:
    if element.type != "boundaryEvent":
        return
    host = reading.elements.get(element.attached_to or "")
    if (
        not host
        or host.type not in ACTIVITIES
        or host.scope != element.scope
        or host.event_subprocess
    ):
        yield Finding(
            "error", "boundary_host", element.id, element.line, {"host": str(element.attached_to)}
        )


def behaviour(diagram: Diagram) -> list[Finding]:
    """What each element needs in order to run, and whether the whole can."""
    findings = [
        finding for element in diagram.elements.values() for finding in _element(diagram, element)
    ]
    findings += [finding for flow in diagram.flows.values() for finding in _flow(diagram, flow)]
    for process_id in diagram.processes:
        if not any(e.type == "startEvent" for e in diagram.inside(process_id)):
            line = diagram.content[process_id].line
            findings.append(Finding("error", "empty_process", process_id, line, {"id": process_id}))
    for part in (approvals, bindings, compensation, task_listeners):
        findings += part.check(diagram)
    return findings + paths.check(diagram, SEQUENCE)


def _error(element: Element, code: str, **params: str) -> Finding:
    return Finding("error", code, element.id, element.line, params)


def _element(diagram: Diagram, element: Element) -> Iterator[Finding]:
    yield from _ends(element)
    yield from _form(diagram, element)
    yield from _listeners(element)
    yield from _event(diagram, element)
    yield from _work(element)
    if element.type == "subProcess":
        yield from _subprocess(diagram, element)
    if element.type == "adHocSubProcess":
        yield from _ad_hoc(diagram, element)
    if element.type == "eventBasedGateway":
        yield from _event_gateway(diagram, element)
    if element.default and element.default not in element.outgoing:
        yield _error(element, "reference", what="The default flow", id=element.default)


def _ends(element: Element) -> Iterator[Finding]:
    if element.type == "endEvent" and element.outgoing:
        yield _error(element, "end_outgoing")
    if element.type in ("startEvent", "boundaryEvent") and element.incoming:
        yield _error(element, "start_incoming")
    if element.type.endswith("Gateway") and not element.outgoing:
        yield _error(element, "nothing_follows")
    if element.event_subprocess and (element.incoming or element.outgoing or element.loop):
        yield _error(
            element, "unsupported", what="A sequence flow or loop", reason="events start it"
        )


def _form(diagram: Diagram, element: Element) -> Iterator[Finding]:
    key = element.extension("formDefinition").get("formKey", "")
    if key.startswith(EMBEDDED) and element.form_id not in diagram.content[element.process_id].forms:  # fmt: skip
        yield _error(element, "reference", what="The form", id=key)


def _listeners(element: Element) -> Iterator[Finding]:
    for one in element.execution_listeners:
        if one.event not in _heard(element):
            what = (
                f"A listener of the {one.event or 'no'} event on a {_kind(element)}{element.type}"
            )
            yield _error(element, "unsupported", what=what, reason="it would not be called")
        if not one.type:
            yield _error(element, "missing", what="The type of the execution listener")


def _heard(element: Element) -> tuple[str, ...]:
    """The events of an element that its execution listeners are told."""
    if element.type == "boundaryEvent" and _kind(element) == "compensation ":
        return ()
    if element.type in ("startEvent", "boundaryEvent"):
        return ("end",)
    throws_error = element.type == "endEvent" and _kind(element) == "error "
    return ("start",) if throws_error or element.type.endswith("Gateway") else ("start", "end")


def _event(diagram: Diagram, element: Element) -> Iterator[Finding]:
    kind = element.trigger.kind if element.trigger else None
    allowed = CAUGHT.get(element.type)
    starts_event_subprocess = element.type == "startEvent" and _in_event_subprocess(
        diagram, element
    )
    if starts_event_subprocess:
        allowed = EVENT_STARTS
    elif element.type == "startEvent" and element.scope != element.process_id:
        allowed = (None,)
    if allowed and kind not in allowed:
        yield _error(
            element,
            "unsupported",
            what=f"A {kind or 'plain'} {element.type}",
            reason="it has no meaning here",
        )
    if kind == "error" and not element.interrupting:
        yield _error(
            element, "unsupported", what="A non-interrupting error event", reason="errors interrupt"
        )
    needs_key = element.type != "startEvent" or starts_event_subprocess
    sends = element.type in WORKED and element.extension("taskDefinition")
    if kind == "message" and element.trigger and not sends:
        yield from _message(element, needs_key=needs_key)
    if kind == "signal" and element.trigger and not element.trigger.name:
        yield _error(element, "missing", what="The name of the signal")
    if kind == "conditional" and element.trigger and not element.trigger.expression:
        yield _error(element, "missing", what="The condition")
    if kind == "link":
        yield from _link(diagram, element)


def _link(diagram: Diagram, element: Element) -> Iterator[Finding]:
    throws = element.type == "intermediateThrowEvent"
    name = element.trigger.name if element.trigger else ""
    if not name:
        yield _error(element, "missing", what="The name of the link")
    elif throws and not element.links:
        yield _error(element, "reference", what="The catch event of the link", id=name)
    elif len(element.links) > 1:
        yield _error(element, "link_twice", name=name)
    if element.outgoing if throws else element.incoming:
        way = "from a link that throws" if throws else "to a link that catches"
        yield _error(
            element, "unsupported", what=f"A sequence flow {way}", reason="the link leads on"
        )


def _in_event_subprocess(diagram: Diagram, element: Element) -> bool:
    scope = diagram.elements.get(element.scope)
    return bool(scope and scope.event_subprocess)


def _message(element: Element, *, needs_key: bool) -> Iterator[Finding]:
    if element.type in ("endEvent", "intermediateThrowEvent"):
        yield _error(
            element,
            "missing",
            what="The task definition (zeebe:taskDefinition) that sends the message",
        )
    elif not element.trigger or not element.trigger.name:
        yield _error(element, "missing", what="The name of the message")
    elif needs_key and not element.trigger.correlation_key:
        yield _error(
            element, "missing", what="The correlation key (zeebe:subscription) of the message"
        )


NEEDED = {
    "serviceTask": ("taskDefinition", "type"),
    "sendTask": ("taskDefinition", "type"),
    "scriptTask": ("script", "expression"),
    "businessRuleTask": ("calledDecision", "decisionId"),
    "callActivity": ("calledElement", "processId"),
}


WORKED = {
    "serviceTask", "sendTask", "scriptTask", "businessRuleTask", "intermediateThrowEvent", "endEvent",
    "adHocSubProcess",
}  # fmt: skip


def _work(element: Element) -> Iterator[Finding]:
    if "taskDefinition" in element.extensions:
        if not element.extension("taskDefinition").get("type"):
            yield _error(element, "missing", what="The type of the task definition")
    elif element.type in NEEDED:
        name, attribute = NEEDED[element.type]
        if not element.extension(name).get(attribute):
            yield _error(element, "missing", what=f"zeebe:{name} with {attribute}")
        elif name in ("script", "calledDecision") and not element.extension(name).get(
            "resultVariable"
        ):
            yield _error(element, "missing", what=f"The resultVariable of zeebe:{name}")
    if "taskDefinition" in element.extensions and not _worked(element):
        yield _error(
            element,
            "unsupported",
            what=f"A task definition on a {_kind(element)}{element.type}",
            reason="no job would be made",
        )
    if element.loop and not (element.loop.input_collection or element.loop.cardinality):
        yield _error(element, "missing", what="The input collection of the multi-instance activity")


def _worked(element: Element) -> bool:
    """Whether a job worker may do the element: a task, or an event that does nothing else."""
    return element.type in WORKED and _kind(element) in ("", "message ")


def _kind(element: Element) -> str:
    return f"{element.trigger.kind} " if element.trigger else ""


def _subprocess(diagram: Diagram, element: Element) -> Iterator[Finding]:
    if sum(e.type == "startEvent" for e in diagram.inside(element.id)) != 1:
        yield _error(element, "start_count")


def _ad_hoc(diagram: Diagram, element: Element) -> Iterator[Finding]:
    inside, drawn = diagram.inside(element.id), element.extension("adHoc")
    if not any(one.type in ACTIVITIES for one in inside):
        yield _error(element, "missing", what="An activity in the ad-hoc subprocess")
    reason = "its elements are activated one by one"
    for one in inside:
        if one.type in ("startEvent", "endEvent") or one.event_subprocess:
            what = f"A {one.type} in an ad-hoc subprocess"
            yield _error(one, "unsupported", what=what, reason=reason)
    led = drawn.get("activeElementsCollection") or element.completion_condition
    if "taskDefinition" in element.extensions and (led or not element.cancels_remaining):
        what = "A list or condition beside a task definition"
        yield _error(element, "unsupported", what=what, reason="the job worker decides")
    if drawn.get("outputElement") and not drawn.get("outputCollection"):
        yield _error(element, "missing", what="The outputCollection of zeebe:adHoc")


def _event_gateway(diagram: Diagram, element: Element) -> Iterator[Finding]:
    targets = [diagram.elements[diagram.flows[id_].target] for id_ in element.outgoing]
    for target in targets:
        is_link = target.trigger is not None and target.trigger.kind == "link"
        catches = target.type in ("intermediateCatchEvent", "receiveTask") and not is_link
        if not catches or len(target.incoming) > 1:
            yield _error(element, "event_gateway_target")


def _flow(diagram: Diagram, flow: Flow) -> Iterator[Finding]:
    source = diagram.elements[flow.source]
    choosing = source.type in ("exclusiveGateway", "inclusiveGateway") and len(source.outgoing) > 1
    if choosing and not flow.condition and source.default != flow.id:
        yield Finding("error", "condition_missing", source.id, flow.line, {"flow": flow.id})
    if flow.condition and source.type in ("parallelGateway", "eventBasedGateway", "startEvent"):
        reason = "the flow is always taken"
        params = {"what": f"A condition after a {source.type}", "reason": reason}
        yield Finding("error", "unsupported", source.id, flow.line, params)
