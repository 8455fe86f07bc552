"""Element instances: what a process instance went through and where it stands."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from marshmallow import fields
from sqlalchemy import select
from werkzeug.exceptions import BadRequest

from engine import definitions, instances
from engine.models.identity import Site
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident
from web.api.credentials import actor
from web.api.filters import FLAG, INSTANT, KEY, TEXT, choice, values_of
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import Instant, Key, Result
from web.api.search import results
from web.extensions import engine, session

blueprint = Noun("element_instances")

MAX_PASSED = 10_000
STATES = ("ACTIVE", "COMPLETED", "TERMINATED")
TYPES = (
    "UNSPECIFIED", "PROCESS", "SUB_PROCESS", "EVENT_SUB_PROCESS", "AD_HOC_SUB_PROCESS",
    "AD_HOC_SUB_PROCESS_INNER_INSTANCE", "START_EVENT", "INTERMEDIATE_CATCH_EVENT", "INTERMEDIATE_THROW_EVENT",
    "BOUNDARY_EVENT", "END_EVENT", "SERVICE_TASK", "RECEIVE_TASK", "USER_TASK", "MANUAL_TASK", "TASK",
    "EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY", "PARALLEL_GATEWAY", "EVENT_BASED_GATEWAY", "SEQUENCE_FLOW",
    "MULTI_INSTANCE_BODY", "CALL_ACTIVITY", "BUSINESS_RULE_TASK", "SCRIPT_TASK", "SEND_TASK", "UNKNOWN",
)  # fmt: skip


class ElementInstanceResult(Result):
    """One passage of a token through an element."""

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


LISTING = Listing(
    "ElementInstance",
    {
        "process_instance_key": KEY,
        "element_instance_key": KEY,
        "element_id": TEXT,
        "element_name": TEXT,
        "type": choice(*TYPES),
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
    """Search the element instances of one process instance: its latest 10,000 that ended, and all alive."""
    one = (asked.get("filter") or {}).get("process_instance_key", [])
    if [name for name, _ in one] != ["$eq"]:
        raise BadRequest(
            "A search for element instances needs one processInstanceKey in its filter."
        )
    key = values_of(one)[0]
    query = instances.visible_to(actor()).where(ProcessInstance.key == key)
    found = session.execute(query.join(ProcessInstance.site).add_columns(Site.key)).first()
    return LISTING.run(_Told(*found).all() if found else [], asked)


class _Told:
    """Tells the element instances of one process instance."""

    def __init__(self, instance: ProcessInstance, tenant_id: str) -> None:
        self._instance = instance
        self._drawn = definitions.get(engine, session, instance.definition_key).diagram.elements
        open_ones = select(Incident.element_key, Incident.key).where(
            Incident.instance_key == instance.key, Incident.resolved_at.is_(None)
        )
        self._incidents = {row.element_key: row.key for row in session.execute(open_ones)}
        self._same = {
            "process_definition_key": instance.definition_key,
            "process_instance_key": instance.key,
            "root_process_instance_key": None if instance.parent_key else instance.key,
            "tenant_id": tenant_id,
        }

    def all(self) -> list[dict[str, Any]]:
        passed = (
            select(ElementInstance)
            .where(ElementInstance.instance_key == self._instance.key)
            .order_by(ElementInstance.key.desc())
            .limit(MAX_PASSED)
        )
        return [self._passed(row) for row in session.scalars(passed)] + [
            self._alive(entry) for entry in self._instance.active
        ]

    def _passed(self, row: ElementInstance) -> dict[str, Any]:
        return self._told(row.key, row.element_id, row.type, row.process_id) | {
            "state": row.state.upper(),
            "start_date": row.started_at,
            "end_date": row.ended_at,
        }

    def _alive(self, entry: dict[str, Any]) -> dict[str, Any]:
        return self._told(entry["key"], entry["id"], entry["type"], entry["process"]) | {
            "state": "ACTIVE",
            "start_date": dt.datetime.fromisoformat(entry["since"]),
            "end_date": None,
        }

    def _told(self, key: int, element_id: str, kind: str, process_id: str) -> dict[str, Any]:
        drawn = self._drawn.get(element_id)
        return self._same | {
            "element_instance_key": key,
            "element_id": element_id,
            "element_name": (drawn.name if drawn else "") or element_id,
            "type": _type(kind),
            "has_incident": key in self._incidents,
            "incident_key": self._incidents.get(key),
            "process_definition_id": process_id,
        }


def _type(kind: str) -> str:
    name = re.sub("([A-Z])", r"_\1", kind).upper()
    return name if name in TYPES else "UNKNOWN"
