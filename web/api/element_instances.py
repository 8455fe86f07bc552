"""Element instances: what process instances went through and where they stand; the variables they see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response
from marshmallow import fields
from marshmallow.validate import Length
from werkzeug.exceptions import BadRequest

from engine import instances
from engine.models.instance import ProcessInstance
from engine.operations import modifications
from engine.operations.modifications import Modification
from engine.runtime import check_variables
from web.api import elements
from web.api.batches import reason
from web.api.credentials import actor
from web.api.filters import FLAG, INSTANT, KEY, SAME, TEXT, Asked, choice, values_of
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, text
from web.api.search import results
from web.extensions import engine, session

blueprint = Noun("element_instances")

MAX_INSTANCES = 1000
MAX_KEYS = 20
MAX_ACTIVITIES = 100
STATES = ("ACTIVE", "COMPLETED", "TERMINATED")
DEFINED = {
    "process_definition_key": ProcessInstance.definition_key,
    "process_definition_id": ProcessInstance.process_id,
}


class ElementInstanceResult(Result):
    """One passage of a token through an element, or a process instance as a whole."""

    element_instance_key = Key()
    element_id = fields.String()
    element_name = fields.String()
    type = fields.String()
    state = fields.String()
    start_date = Instant()
    end_date = Instant(allow_none=True)
    has_incident = fields.Boolean()
    incident_key = Key(allow_none=True)
    process_definition_id = fields.String(allow_none=True)
    process_definition_key = Key(allow_none=True)
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    tenant_id = fields.String()


class ElementInstanceVariables(Body):
    """Variables as seen from the element instance, or with `local` for its own scope."""

    variables = fields.Dict(keys=fields.String(), required=True)
    local = fields.Boolean(load_default=False)
    operation_reference = fields.Integer(strict=True)


class AdHocActivity(Body):
    """An element of an ad-hoc subprocess to activate, with variables of its own."""

    element_id = text(required=True)
    variables = fields.Dict(keys=fields.String(), load_default=dict)


class AdHocActivation(Body):
    """What to activate in an ad-hoc subprocess, and whether what is active there ends."""

    elements = fields.List(
        fields.Nested(AdHocActivity), required=True, validate=Length(min=1, max=MAX_ACTIVITIES)
    )
    cancel_remaining_instances = fields.Boolean(load_default=False)


LISTING = Listing(
    "ElementInstance",
    {
        "process_instance_key": KEY,
        "element_instance_key": KEY,
        "element_instance_scope_key": KEY,
        "element_id": TEXT,
        "element_name": TEXT,
        "type": choice(*elements.TYPES),
        "state": choice(*STATES),
        "start_date": INSTANT,
        "end_date": INSTANT,
        "has_incident": FLAG,
        "incident_key": KEY,
        "process_definition_id": TEXT,
        "process_definition_key": KEY,
        "tenant_id": TEXT,
    },
    "element_instance_key",
)


@blueprint.post("/element-instances/search")
@blueprint.arguments(LISTING.request)
@blueprint.response(200, results("ElementInstance", ElementInstanceResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the element instances of named process instances, or of the latest 1,000 of a definition.

    The latest 10,000 that ended, and all alive.
    """
    found = _chosen(asked.get("filter") or {})
    return LISTING.run(list(elements.of_instances(found)), asked)


def _chosen(wanted: dict[str, Asked]) -> Sequence[ProcessInstance]:
    """Give the process instances a filter names, the latest first. Raises BadRequest when it names none."""
    named = {place: known for place, one in wanted.items() if (known := _named(one))}
    query = instances.visible_to(actor()).order_by(ProcessInstance.key.desc())
    if "process_instance_key" in named:
        query = query.where(ProcessInstance.key.in_(named["process_instance_key"]))
    elif "element_instance_key" in named:
        query = query.where(ProcessInstance.key.in_(_around(named["element_instance_key"])))
    elif not named.keys() & DEFINED.keys():
        raise BadRequest(
            "A search for element instances needs processInstanceKey, elementInstanceKey, processDefinitionKey or "
            "processDefinitionId in its filter, as a value or with $eq or $in."
        )
    else:
        query = query.where(*(DEFINED[one].in_(named[one]) for one in DEFINED if one in named))
    return list(session.scalars(query.limit(MAX_INSTANCES)))


def _named(asked: Asked) -> list[Any]:
    known = [one for one in asked if one[0] in SAME]
    # Values that contradict each other name nothing that could be found.
    return (values_of(known) or [None]) if known else []


def _around(keys: Sequence[int]) -> list[int]:
    if len(keys) > MAX_KEYS:
        raise BadRequest(f"elementInstanceKey names {MAX_KEYS} element instances at most.")
    found = [elements.owner(key) for key in keys if key is not None]
    return [key for key in found if key is not None]


@blueprint.get("/element-instances/<key:element_instance_key>")
@blueprint.response(200, ElementInstanceResult)
def get(element_instance_key: int) -> dict[str, Any]:
    """Give an element instance; the key of a process instance gives the process."""
    return elements.of_key(element_instance_key)


@blueprint.put("/element-instances/<key:element_instance_key>/variables")
@blueprint.arguments(ElementInstanceVariables)
@blueprint.response(204)
def set_variables(asked: dict[str, Any], element_instance_key: int) -> Response:
    """Set variables: each in the nearest scope around that has it, else in the process. For operators."""
    instance = elements.instance_of(element_instance_key)
    variables = check_variables(asked["variables"])
    at = {element_instance_key: variables}
    if instance.key == element_instance_key:
        modification = Modification(variables=variables)
    else:
        modification = Modification(local=at) if asked["local"] else Modification(seen=at)
    with engine.begin(actor()) as command:
        modifications.apply(command, instance.key, modification, reason(asked))
    return Response(status=204)


@blueprint.post(
    "/element-instances/ad-hoc-activities/<key:ad_hoc_sub_process_instance_key>/activation"
)
@blueprint.arguments(AdHocActivation)
@blueprint.response(204)
def activate(asked: dict[str, Any], ad_hoc_sub_process_instance_key: int) -> Response:
    """Activate elements of an ad-hoc subprocess that is open. For operators."""
    instance = elements.instance_of(ad_hoc_sub_process_instance_key)
    wanted = [(one["element_id"], one["variables"]) for one in asked["elements"]]
    with engine.begin(actor()) as command:
        modifications.activate(
            command,
            instance.key,
            ad_hoc_sub_process_instance_key,
            wanted,
            alone=asked["cancel_remaining_instances"],
        )
    return Response(status=204)
