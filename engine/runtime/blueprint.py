"""Builds SpiffWorkflow's specifications from a checked diagram.

SpiffWorkflow's own parser would read the file a second time, element after element by recursion; here the elements are
known already, with their lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.runtime import execution_listeners, task_listeners
from engine.runtime.activities import Job, task_behaviour
from engine.runtime.ad_hoc import AdHocSubprocess
from engine.runtime.beginnings import Start
from engine.runtime.catching import Catch, EventGateway, Occurred
from engine.runtime.countersign import Countersign
from engine.runtime.gateways import ExclusiveGateway, InclusiveGateway, ParallelGateway
from engine.runtime.multi_instance import MultiInstance
from engine.runtime.reader import SUBPROCESSES
from engine.runtime.specs import ProcessSpec
from engine.runtime.subprocesses import CallActivity, EmbeddedSubprocess
from engine.runtime.throwing import Compensate, Throw
from engine.runtime.user_tasks import UserTask

if TYPE_CHECKING:
    from engine.runtime.behaviour import Behaviour
    from engine.runtime.diagram import Diagram, Element

BEHAVIOURS: Mapping[str, type[Behaviour]] = {
    "startEvent": Start,
    "boundaryEvent": Occurred,
    "intermediateCatchEvent": Catch,
    "receiveTask": Catch,
    "intermediateThrowEvent": Throw,
    "endEvent": Throw,
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "eventBasedGateway": EventGateway,
    "userTask": UserTask,
    "callActivity": CallActivity,
    "subProcess": EmbeddedSubprocess,
    "adHocSubProcess": AdHocSubprocess,
}


def build(diagram: Diagram) -> Mapping[str, ProcessSpec]:
    """The specification of every executable process and every subprocess, by its id."""
    scopes = {process_id: process_id for process_id in diagram.processes}
    scopes |= {e.id: e.process_id for e in diagram.elements.values() if e.type in SUBPROCESSES}
    return {scope: _specification(diagram, scope, process) for scope, process in scopes.items()}


def _specification(diagram: Diagram, scope: str, process_id: str) -> ProcessSpec:
    spec = ProcessSpec(diagram, scope, diagram.content[process_id])
    elements = diagram.inside(scope)
    for element in elements:
        _add(spec, element)
    for element in elements:
        for flow_id in element.outgoing:
            spec.task_specs[element.id].connect(spec.task_specs[diagram.flows[flow_id].target])
        if element.type == "startEvent":
            spec.start.connect(spec.task_specs[element.id])
    return spec


def _add(spec: ProcessSpec, element: Element) -> None:
    behaviour = _behaviour(element)
    if element.loop:
        inner = behaviour(spec, element, name=f"{element.id} [instance]")
        body = Countersign if "vote" in element.properties else MultiInstance
        body(spec, element, element.loop, inner)
    else:
        inner = behaviour(spec, element)
    execution_listeners.attach(spec, inner)
    task_listeners.attach(spec, inner)


def _behaviour(element: Element) -> type[Behaviour]:
    if element.type in ("intermediateThrowEvent", "endEvent") and element.extension(
        "taskDefinition"
    ):
        return Job
    if element.trigger and element.trigger.kind == "compensation" and not element.attached_to:
        return Compensate
    return BEHAVIOURS.get(element.type) or task_behaviour(element.type, list(element.extensions))
