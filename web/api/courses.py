"""The course of a process instance over its diagram: sequence flows taken, counts by element, who started whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import fields
from sqlalchemy import select

from engine import instances
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.models.instance import ElementInstance, ProcessInstance
from web.api import counts
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Key, Result
from web.extensions import session

blueprint = Noun("courses")

MAX_DEPTH = 100


class SequenceFlow(Result):
    """A sequence flow that a token went along."""

    sequence_flow_id = fields.String()
    element_id = fields.String()
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    process_definition_id = fields.String(allow_none=True)
    process_definition_key = Key(allow_none=True)
    tenant_id = fields.String()


class SequenceFlows(Result):
    """The sequence flows taken, each once."""

    items = fields.List(fields.Nested(SequenceFlow))


class CallHierarchyEntry(Result):
    """A process instance on the way from the one that was started first."""

    process_instance_key = Key()
    process_definition_key = Key()
    process_definition_name = fields.String()


@blueprint.get("/process-instances/<key:process_instance_key>/sequence-flows")
@blueprint.response(200, SequenceFlows)
def sequence_flows(process_instance_key: int) -> dict[str, Any]:
    """List the sequence flows tokens went along, those in called processes too."""
    instance = instances.get(session, actor(), process_instance_key)
    tenant_id = session.get_one(Site, instance.site_id).key
    same = {
        "process_instance_key": instance.key,
        "root_process_instance_key": None if instance.parent_key else instance.key,
        "tenant_id": tenant_id,
    }
    taken = sorted(set(_taken(instance)))
    return {"items": [same | _flow(instance.key, *one) for one in taken]}


def _flow(key: int, process_id: str, definition_key: int, flow_id: str) -> dict[str, Any]:
    return {
        "sequence_flow_id": f"{key}_{flow_id}",
        "element_id": flow_id,
        "process_definition_id": process_id,
        "process_definition_key": definition_key,
    }


def _taken(instance: ProcessInstance) -> Iterator[tuple[str, int, str]]:
    columns = (
        ElementInstance.process_id,
        ElementInstance.definition_key,
        ElementInstance.flow_id,
        ElementInstance.joined,
    )
    passed = select(*columns).where(ElementInstance.instance_key == instance.key).distinct()
    rows: list[Any] = list(session.execute(passed))
    rows += [
        (one["process"], one.get("definition"), one["flow"], one.get("joined"))
        for one in instance.active
    ]
    for process_id, definition_key, flow_id, joined in rows:
        for one in (flow_id, *(joined or ())):
            if one:
                yield process_id, definition_key or instance.definition_key, one


@blueprint.get("/process-instances/<key:process_instance_key>/statistics/element-instances")
@blueprint.response(200, counts.ElementCounts)
def statistics(process_instance_key: int) -> dict[str, Any]:
    """Count the instance's element instances by element of its own diagram."""
    instance = instances.get(session, actor(), process_instance_key)
    own = select(ProcessInstance).where(ProcessInstance.key == instance.key)
    return counts.by_element(own, instance.definition_key)


@blueprint.get("/process-instances/<key:process_instance_key>/call-hierarchy")
@blueprint.response(200, CallHierarchyEntry(many=True))
def call_hierarchy(process_instance_key: int) -> list[dict[str, Any]]:
    """List the instances that led to this one, the first first, this one last; what called processes did is its own."""
    found = [instances.get(session, actor(), process_instance_key)]
    while len(found) < MAX_DEPTH and (above := _parent(found[0])) is not None:
        found.insert(0, above)
    return [
        {
            "process_instance_key": one.key,
            "process_definition_key": one.definition_key,
            "process_definition_name": session.get_one(ProcessDefinition, one.definition_key).name,
        }
        for one in found
    ]


def _parent(instance: ProcessInstance) -> ProcessInstance | None:
    if instance.parent_key is None:
        return None
    query = instances.visible_to(actor()).where(ProcessInstance.key == instance.parent_key)
    return session.scalar(query)
